"""Files that commands are given or come across, as a FIFO, a device, a socket, a huge file: a message, no waiting."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.calibrations import make_calibration
from tests.program import Runner
from w2v_explore import host


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 10 * 2**30)


def loop(path: Path) -> None:
    path.symlink_to(path)


KINDS = [fifo, endless, listening, huge, loop, Path.mkdir]
every_kind = pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
Make = Callable[[Path], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a config that has a mistake."""
    monkeypatch.chdir(tmp_path)
    Path(".git").mkdir()
    Path("wrong.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    return tmp_path


@every_kind
def test_a_gitignore_is_said_once_and_all_is_linted(run: Runner, folder: Path, make: Make) -> None:
    make(folder / ".gitignore")
    for name in ("one", "two"):
        Path(name).mkdir()
        (folder / name / "wrong.yaml").write_text("extends: base\nencoder_num_heads: 5\n")
    code, out, err = run("lint", "one", "two", ".", columns=400)
    assert code == 2
    assert out.count("E234") == 3
    assert err.count("\n") == err.count(f"error: cannot read {folder}/.gitignore: ") == 1
    assert err.endswith("; what it ignores is not known\n")


@pytest.mark.parametrize("make", [make for make in KINDS if make is not loop], ids=lambda make: make.__name__)
def test_an_index_of_git(run: Runner, folder: Path, make: Make) -> None:
    Path(".gitignore").write_text("wrong.yaml\n")
    Path("right.yaml").write_text("extends: base\n")
    make(folder / ".git" / "index")
    code, out, err = run("lint", ".", columns=400)
    assert code == 2
    assert "in 1 file" in out
    assert err.count("\n") == 1
    assert f"cannot read {folder}/.git/index: " in err
    assert f"what git tracks in {folder} is not known" in err


@pytest.mark.parametrize("make", [fifo, endless, listening, huge], ids=lambda make: make.__name__)
def test_a_pointer_to_what_git_keeps(run: Runner, folder: Path, make: Make) -> None:
    Path(".gitignore").write_text("wrong.yaml\n")
    Path("right.yaml").write_text("extends: base\n")
    Path(".git").rmdir()
    make(folder / ".git")
    code, _, err = run("lint", ".")
    assert code == 2
    assert f"cannot read {folder}/.git: " in err


@pytest.mark.parametrize(
    "pointer", [b"gitdir: /dev", b"gitdir: a\0b", b"\xff\xfe", b"gitdir:", b"gitdir: " + b"a/" * 2000]
)
def test_a_pointer_that_leads_nowhere(run: Runner, pointer: bytes) -> None:
    Path(".gitignore").write_text("wrong.yaml\n")
    Path("right.yaml").write_text("extends: base\n")
    Path(".git").rmdir()
    Path(".git").write_bytes(pointer)
    code, out, err = run("lint", ".")
    assert code in (0, 2)
    assert "in 1 file" in out
    assert err.count("\n") <= 1


@every_kind
def test_a_pyproject(run: Runner, folder: Path, make: Make) -> None:
    make(folder / "pyproject.toml")
    Path("inside").mkdir()
    os.chdir("inside")
    assert run("lint", "../wrong.yaml").err.startswith(f"error: cannot read {folder}/pyproject.toml: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool]\nw2v-explore = 5\n", "tool.w2v-explore is 5; write a table, [tool.w2v-explore]"),
        ("[[tool.w2v-explore]]\n", "tool.w2v-explore is a list; write a table, [tool.w2v-explore]"),
        ("tool = 5  # w2v-explore\n", "tool is 5; write a table, [tool.w2v-explore]"),
        ("[[tool]]  # w2v-explore\n", "tool is a list; write a table, [tool.w2v-explore]"),
        ("[tool.w2v-explore.lint]\n", "tool.w2v-explore has no option lint; there is paths, "),
        ("[tool.w2v-explore]\nx = " + "[" * 5000, "it is nested too deep"),
        ("[tool.w2v-explore]\nx = " + "{a=" * 5000, "it is nested too deep"),
        ("[tool.w2v-explore]\nseconds = " + "9" * 5000, "it has a number or a date that nothing can be"),
        ("[tool.w2v-explore]\nseconds = 0x" + "f" * 5000, "a number of 6021 digits seconds are no length of audio"),
        ("[tool.w2v-explore]\nseconds = nan", "seconds is nan; write a positive number"),
        ("[tool.w2v-explore]\nseconds = 1e300", "1e+300 seconds are no length of audio; give at most 100,000"),
        ("[tool.w2v-explore]\nseconds = 1979-05-27", "write a positive number"),
        ("[tool.w2v-explore]\nx = 1979-99-27", "cannot read"),
        ("[tool.w2v-explore]\nx\0 = 1\n", "(at line 2, column 2)"),
        ("[tool.w2v-explore]\n\n'\udcff' = 1\n", "it is no UTF-8 (at line 3)"),
        ("[tool.w2v-explore]\n" + ".".join("a" * 100_000) + " = 1\n", "it has keys of too many parts"),
        ("[tool.w2v-explore]\n" + "a" * 100_000 + " = 1\n", "has no option aaa"),
        ("[tool.w2v-explore]\nselect = ['" + "a" * 100_000 + "']\n", "no code of a rule"),
    ],
    ids=lambda text: text[:40],
)
def test_what_a_pyproject_says(run: Runner, folder: Path, text: str, message: str) -> None:
    (folder / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    code, out, err = run("lint", "wrong.yaml", columns=1000)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert len(err) < 500


@every_kind
@pytest.mark.parametrize(
    "command",
    [
        ("summary", "base", "--baseline", "FILE"),
        ("compare", "base", "--baseline", "FILE"),
        ("summary", "FILE"),
        ("summary", "extending.yaml"),
        ("lint", "extending.yaml"),
        ("lint", "FILE"),
        ("lint", "--fix", "FILE"),
        ("convert", "FILE", "--to", "fairseq"),
        ("inspect", "FILE"),
        ("check", "base", "FILE"),
        ("schema", "--write", "FILE"),
        ("identify", "FILE"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("name", ["file", "file.yaml", "file.safetensors", "model.safetensors.index.json", "file.pt"])
def test_a_file_that_is_named(run: Runner, folder: Path, make: Make, command: tuple[str, ...], name: str) -> None:
    make(folder / name)
    Path("extending.yaml").write_text(f"extends: {name}\n")
    code, out, err = run(*[part.replace("FILE", name) for part in command], columns=1000)
    assert code in (1, 2)
    assert name in out + err
    assert "Traceback" not in err
    assert (out + err).count("\n") < 10


@pytest.mark.parametrize("make", [fifo, endless, listening, huge, loop], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", "processor_config.json"])
def test_a_folder_of_hugging_face(run: Runner, folder: Path, make: Make, name: str) -> None:
    model = folder / "model"
    model.mkdir()
    if name != "config.json":
        (model / "config.json").write_text(json.dumps({"model_type": "wav2vec2", "hidden_size": 768}))
    make(model / name)
    code, out, err = run("summary", "model", columns=1000)
    assert (code, out) == (2, "")
    assert f"model/{name}" in err


@every_kind
def test_a_calibration(run: Runner, folder: Path, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(folder))
    monkeypatch.setattr(host, "torch_version", lambda: "2.99.0")
    path = make_calibration().path
    path.parent.mkdir()
    make(path)
    code, out, err = run("summary", "base", "--predict", columns=1000)
    assert (code, out) == (2, "")
    assert err.startswith("error: cannot read ")
    assert err.endswith("; delete it and calibrate again\n")
