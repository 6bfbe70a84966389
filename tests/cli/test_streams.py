"""Standard streams that lack characters, are closed, or cannot be written."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.program import Runner
from w2v_explore import load_config
from w2v_explore.analysis.comparing.baseline import load_baseline
from w2v_explore.cli import app
from w2v_explore.cli.streams import OutputError, guard_streams

PROGRAM = f"{sys.executable} -m w2v_explore"
FULL = "error: cannot write to standard output: No space left on device\n"
CLOSED = "error: cannot write to standard output: it is closed\n"
NAME = "−1 × é模“\\"

pytestmark = pytest.mark.slow


def shell(command: str, **environment: str) -> tuple[int, bytes, str]:
    """What a shell's command gives: exit code, standard output, standard error."""
    finished = subprocess.run(
        ["sh", "-c", command], capture_output=True, env={**os.environ, **environment}, timeout=120, check=False
    )
    return finished.returncode, finished.stdout, finished.stderr.decode(environment.get("PYTHONIOENCODING", "utf-8"))


@pytest.mark.parametrize(
    "arguments",
    [
        "summary base",
        "compare base large --format json",
        "sensitivity base --format csv",
        "memory base --format markdown",
        "--help",
        "lint --help",
        "--version",
        "lint presets",
        "lint presets --format junit",
        "presets show base",
        "schema",
    ],
)
def test_a_full_disk_is_one_line(arguments: str) -> None:
    assert shell(f"{PROGRAM} {arguments} >/dev/full") == (2, b"", FULL)


def test_a_full_disk_is_one_line_without_buffers_too() -> None:
    assert shell(f"{PROGRAM} presets >/dev/full", PYTHONUNBUFFERED="1") == (2, b"", FULL)


def test_what_convert_cannot_write_follows_its_account() -> None:
    code, _, err = shell(f"{PROGRAM} convert base --to fairseq >/dev/full")
    assert (code, err.endswith(FULL), "Traceback" in err) == (2, True, False)


@pytest.mark.parametrize("arguments", ["summary base", "--version", "lint presets --format sarif"])
def test_closed_standard_output_is_one_line(arguments: str) -> None:
    assert shell(f"{PROGRAM} {arguments} >&-") == (2, b"", CLOSED)


def test_all_streams_may_be_closed(tmp_path: Path) -> None:
    assert shell(f"{PROGRAM} summary base <&- >&- 2>&-") == (2, b"", "")
    # No other file takes the number of a closed stream.
    output = tmp_path / "a.json"
    code, _, _ = shell(f"{PROGRAM} lint presets --format json --output {output} <&- >&- 2>&-")
    assert (code, json.loads(output.read_text())["summary"]["errors"]) == (0, 0)


def test_who_closes_standard_error_hears_nothing() -> None:
    code, out, _ = shell(f"{PROGRAM} convert base --to w2v 2>&-")
    assert (code, yaml.safe_load(out)["encoder_num_layers"]) == (0, 12)
    assert shell(f"{PROGRAM} summary nosuch 2>&-") == (2, b"", "")


def test_standard_error_that_cannot_be_written_fails() -> None:
    assert shell(f"{PROGRAM} convert base --to w2v 2>/dev/full")[0] == 2
    assert shell(f"{PROGRAM} summary base 2>/dev/full")[0] == 0


def test_a_config_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    for command in (
        "convert base --to w2v -o /dev/full",
        "lint presets --output /dev/full",
    ):
        code, out, err = shell(f"{PROGRAM} {command}")
        assert (code, out, err.splitlines()[-1]) == (2, b"", "error: cannot write /dev/full: No space left on device")


def on_a_terminal(code: str) -> str:
    """What a program writes on a terminal, on which its output and its messages stand together."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    with suppress(OSError):  # how it ends
        while part := os.read(ours, 4096):
            written += part
    os.close(ours)
    process.wait(timeout=60)
    return written.decode()


PROGRESS = """\
import sys
from w2v_explore.cli import main, summary
from w2v_explore.cli.evaluate import show_progress
from w2v_explore.errors import DeviceError
def analyze_each(*arguments, **options):
    with show_progress("name") as progress:
        progress("step", 1, 3)
        print("warning: one", file=sys.stderr)
        progress("step", 2, 3)
        raise DeviceError("no such device")
summary.analyze_each = analyze_each
sys.argv = ["w2v-explore", "summary", "base"]
main()
"""
STATUS = """\
import sys
from types import SimpleNamespace
from w2v_explore.cli import main
from w2v_explore.errors import CheckpointError
def export(*arguments, progress, **options):
    progress("making the model")
    raise CheckpointError("no weights")
sys.modules["w2v_explore.model.export"] = SimpleNamespace(export=export)
sys.argv = ["w2v-explore", "export", "base", "--to", "safetensors", "-o", "none"]
main()
"""


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        (PROGRESS, ["warning: one", "error: no such device"]),
        (STATUS, ["error: no weights"]),
    ],
)
def test_messages_start_on_a_line_that_is_clear_of_the_bar(code: str, messages: list[str]) -> None:
    written = on_a_terminal(code)
    for message in messages:
        assert f"\x1b[2K{message}\r\n" in written
    assert written.endswith(f"\x1b[?25h\r\x1b[1A\x1b[2K{messages[-1]}\r\n")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A config with a name of many scripts, in a file whose own name is no UTF-8."""
    path = tmp_path / os.fsdecode(b"caf\xe9.yaml")
    path.write_text(yaml.safe_dump({"extends": "base", "name": NAME, "encoder_num_layers": 2}), encoding="utf-8")
    (tmp_path / os.fsdecode(b"bad\xe9.yaml")).write_text("extends: base\nencoder_num_heads: 7\n")
    return tmp_path


def write(monkeypatch: pytest.MonkeyPatch, path: Path, encoding: str, *arguments: str) -> tuple[int, bytes, str]:
    """The program with a file for standard output, in an encoding as PYTHONIOENCODING says it.

    Returns the exit code, what is in the file, and standard error.
    """
    name, _, errors = encoding.partition(":")
    messages = io.BytesIO()
    with monkeypatch.context() as context, path.open("wb") as file:
        context.setattr(sys, "argv", ["w2v-explore", *arguments])
        context.setattr(sys, "stdout", io.TextIOWrapper(file, encoding=name, errors=errors or "strict"))
        context.setattr(sys, "stderr", io.TextIOWrapper(messages, encoding=name, errors="backslashreplace"))
        code = app.main()
        sys.stdout.flush()
        sys.stderr.flush()
        return code, path.read_bytes(), messages.getvalue().decode(name)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_nothing_is_lost_in_any_encoding(hostile: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(hostile)
    said, wrong = (os.fsdecode(name) for name in (b"caf\xe9.yaml", b"bad\xe9.yaml"))

    def run(*arguments: str) -> tuple[int, str, bytes]:
        code, content, err = write(monkeypatch, hostile / "out", encoding, *arguments)
        assert "Traceback" not in err
        return code, content.decode(encoding), content

    minus = "−" if encoding == "utf-8" else "-"
    code, table, _ = run("compare", "base", said)
    assert (code, "?" in table, f"{minus}70.88 M ({minus}75.1 %)" in table) == (0, False, True)
    code, markdown, _ = run("compare", "base", said, "--format", "markdown")
    assert (code, "?" in markdown, f"{minus}70.88 M ({minus}75.1 %)" in markdown) == (0, False, True)
    code, text, _ = run("summary", said, "--format", "csv")
    assert (code, next(csv.DictReader(io.StringIO(text)))["parameters"]) == (0, "23492224")
    code, _, content = run("summary", said, "--format", "json")
    assert (code, json.loads(content)["config"]["name"]) == (0, NAME)
    code, text, _ = run("convert", said, "--to", "w2v")
    assert (code, yaml.safe_load(text)["name"]) == (0, NAME)
    code, _, content = run("lint", wrong, "--format", "sarif")
    [result] = json.loads(content)["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (code, location["uri"]) == (1, "bad%E9.yaml")
    code, _, content = run("lint", wrong, said, "--format", "junit")
    [failing] = [suite for suite in ElementTree.fromstring(content) if suite.get("failures") != "0"]
    assert (code, failing.get("name")) == (1, r"bad\xe9.yaml")
    code, text, _ = run("lint", wrong)
    assert (code, text.splitlines()[0]) == (1, "bad\\xe9.yaml")


def test_columns_are_in_line_in_ascii() -> None:
    _, out, _ = shell(f"{PROGRAM} summary base --full", PYTHONIOENCODING="ascii")
    _, unicode, _ = shell(f"{PROGRAM} summary base --full", PYTHONIOENCODING="utf-8")
    for line, same in zip(out.decode().splitlines()[6:30], unicode.decode().splitlines()[6:30], strict=True):
        assert len(line) == len(same)
    assert "| `-conv_layers " in out.decode()
    assert "`-layers.0-11 " in out.decode()


ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-16", "ascii:strict", "utf-8:surrogateescape", "utf-8-sig")
ODD_CONFIGS = {
    b"caf\xe9 \xff.yaml": "extends: base\n",
    "é→😀.yaml".encode(): "extends: base\n",
    b"said.yaml": 'name: "ü → 𝄞 \\x85 \\u2028 \\uFEFF"\ndescription: ü模\nextends: base\n',
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("file", ODD_CONFIGS, ids=ascii)
def test_what_is_written_on_any_stream_can_be_read(
    encoding: str, file: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / os.fsdecode(file)
    path.write_text(ODD_CONFIGS[file], encoding="utf-8")
    is_utf, wide = encoding.startswith("utf"), encoding == "utf-16"
    saved = tmp_path / "saved.json"
    code, content, _ = write(monkeypatch, saved, encoding, "summary", str(path), "--format", "json")
    assert code == 0
    name = json.loads(content.decode("utf-16" if wide else "utf-8-sig"))["config"]["name"]
    name.encode()
    assert load_baseline(saved).name == name
    assert content.isascii() or is_utf
    for target in ("w2v", "fairseq", "huggingface", "torchaudio", "python"):
        file_of = tmp_path / f"converted-{target}"
        change = ("--set", "encoder_dropout=0.25")
        code, content, _ = write(monkeypatch, file_of, encoding, "convert", str(path), "--to", target, *change)
        assert (code, content.isascii() or is_utf) == (0, True)
        if target != "python":
            assert load_config(file_of).model.encoder_dropout == 0.25
        elif not wide:
            compile(content, "converted", "exec")


def test_convert_names_a_config_after_a_file_that_is_no_utf8(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.yaml")
    path.write_text("extends: base\n")
    assert run("convert", str(path), "--to", "w2v", "--output", str(tmp_path / "out.yaml")).code == 0
    assert load_config(tmp_path / "out.yaml").name == r"caf\xe9"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_pipe_has_the_mark_of_the_order_of_bytes_once(encoding: str) -> None:
    command = f"{PROGRAM} convert base --to w2v 2>/dev/null | cat"
    code, out, _ = shell(command, PYTHONIOENCODING=encoding)
    assert code == 0
    text = out.decode(f"{encoding}-{sys.byteorder[0]}e")
    assert (text[0], text.count("\ufeff")) == ("\ufeff", 1)


def test_a_stand_in_begins_no_formula(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: base\nname: −1+1\n", encoding="utf-8")
    for encoding, name in (("utf-8", "−1+1"), ("ascii", "'-1+1")):
        _, out, _ = shell(f"{PROGRAM} summary {tmp_path / 'a.yaml'} --format csv", PYTHONIOENCODING=encoding)
        assert {row["config"] for row in csv.DictReader(io.StringIO(out.decode(encoding)))} == {name}


def test_the_streams_below_stay_open_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as out, open(os.devnull, "w") as err:
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        guard = guard_streams()
        guard.__enter__()
        print("what is left in the buffer")
        with pytest.raises(OutputError):
            guard.__exit__(None, None, None)
        assert (sys.stdout, out.closed, err.closed) == (out, False, False)
