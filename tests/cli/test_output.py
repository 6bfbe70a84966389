"""``--output``: where no result goes, which is said before anything is worked out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from typer.core import TyperOption
from typer.main import get_command

import w2v_explore
from tests.calibrations import keep, make_for_this_machine
from tests.checkpoint_files import write_model
from tests.program import Runner
from w2v_explore.cli.commands import COMMANDS
from w2v_explore.config.load import load_preset

SMALL = "extends: base\nencoder_num_layers: 1\n"
TRAINING_CONFIGS = yaml.safe_load((Path(__file__).parents[1] / "data/training_configs.yaml").read_text())
CARD = "memory: 48GiB\nbandwidth_gb_s: 768\ndense_tflops: {float32: 38.7, bfloat16: 154.8}"


@pytest.mark.parametrize(
    ("command", "name", "advice"),
    [
        ("summary base", "a.json", "give --format json, or a file of another name"),
        ("compare base large --format json", "a.csv", "give --format csv, or a file of another name"),
        ("verify base", "a.csv", "give a file of another name"),
        ("memory base --format markdown", "a.HTM", "give --format html, or a file of another name"),
        ("summary child.yaml", "parent.yaml", "give a file of another name"),
    ],
)
def test_a_file_that_is_named_like_what_the_result_is_not(
    command: str, name: str, advice: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("parent.yaml").write_text(SMALL)
    Path("child.yaml").write_text("extends: parent.yaml\n")
    words = command.split()
    format = words[-1] if "--format" in words else "table"
    said = f"error: --output {name} would hold what --format {format} writes: {advice}\n"
    assert run(*words, "--output", name) == (2, "", said)
    assert Path("parent.yaml").read_text() == SMALL
    assert not Path(name).exists() or name == "parent.yaml"


# Each command that reads a config, and its options that write a file: it reads FILE, and what FILE extends.
WRITERS = {
    ("summary", "--output"): "summary FILE",
    ("compare", "--output"): "compare base FILE",
    ("memory", "--output"): "memory FILE",
    ("plan", "--output"): "plan FILE --card a100-80gb --devices 1 --updates 1 --data-hours 1 --batch-seconds 100",
    ("latency", "--output"): "latency FILE",
    ("latency", "--trace"): "latency FILE",
    ("latency", "--plot"): "latency FILE --seconds 1,2",
    ("verify", "--output"): "verify FILE",
    ("search", "--output"): "search FILE --free encoder_num_layers --minimize macs",
    ("search", "--plot"): "search FILE --free encoder_num_layers --minimize macs --minimize parameters",
    ("lint", "--output"): "lint FILE",
    ("convert", "--output"): "convert FILE --to w2v",
    ("export", "--output"): "export FILE --to onnx",
}
OTHER_WRITERS = {
    ("inspect", "--write"),  # reads a checkpoint
    ("search", "--write"),  # makes a folder, which must be new or empty
    ("search", "--resume"),  # is read, and kept up to date
    ("schema", "--write"),  # likewise
}
READERS = ("--baseline", "--manifest", "--lengths", "--space")


def contents(folder: Path) -> dict[str, bytes]:
    """What is in each file of a folder, and in those below."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def run_git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], check=True)


def refusal(path: str | Path) -> str:
    return f"error: {path} would be replaced by what is made from it; give another file\n"


def test_every_option_that_writes_a_file_is_tried() -> None:
    found = {
        (name, option.opts[0])
        for name in COMMANDS
        for option in get_command(import_module(f"w2v_explore.cli.{name}").app).params
        if isinstance(option, TyperOption) and option.metavar in ("FILE", "PATH", "DIR", "CONFIG")
    }
    assert {each for each in found if each[1] not in READERS} == WRITERS.keys() | OTHER_WRITERS


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config that extends another, and further names of both; names that tell no format, but as --plot wants one."""
    monkeypatch.chdir(tmp_path)
    for suffix in (".svg", ".yml"):
        Path(f"parent{suffix}").write_text(SMALL)
        Path(f"child{suffix}").write_text(f"extends: parent{suffix}\n")
        Path(f"link{suffix}").symlink_to(f"parent{suffix}")
        Path(f"hard{suffix}").hardlink_to(f"parent{suffix}")
    Path("sub").mkdir()
    return tmp_path


@pytest.mark.parametrize(("command", "option"), WRITERS)
def test_nothing_that_is_read_is_replaced(
    command: str, option: str, run: Runner, family: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # it is refused before that is imported, which takes seconds
    suffix = ".yml" if command == "convert" else ".svg"
    before = contents(family)
    for name in ("child", "parent", "link", "hard", "sub/../parent", str(family / "parent")):
        words = WRITERS[command, option].replace("FILE", f"child{suffix}").split()
        assert run(*words, option, name + suffix) == (2, "", refusal(name + suffix))
    assert contents(family) == before


PLAN = "--card a100-80gb --devices 1 --batch-seconds 100 --updates 10"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("compare base --baseline mine", None),
        ("summary base --baseline mine", None),
        (f"plan base {PLAN.replace('a100-80gb', 'mine.yaml')} --data-hours 9", f"{CARD}\n"),
        (f"plan base {PLAN} --manifest mine", "10\n12\n"),
        (f"plan base {PLAN} --data-hours 9 --lengths mine", "10 5\n"),
        ("plan base --card a100-80gb --as-recipe mine.yaml", yaml.safe_dump(TRAINING_CONFIGS["wav2vec2_base"])),
        ("search base --space mine.yaml --minimize macs", "search: {encoder_num_layers: [6, 8]}\n"),
        ("search base --free encoder_num_layers --like mine.yaml --ratio macs=0.5", SMALL),
        ("lint .", SMALL),
        ("lint --fix .", SMALL.replace("layers", "layer")),
        ("lint clean.yaml", "[tool.w2v-explore]\n"),
    ],
)
def test_no_other_file_that_a_command_reads_is_replaced(
    command: str, text: str | None, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clean.yaml").write_text("extends: large_lv60k\nencoder_layer_drop: 0\n")
    name = next((word for word in command.split() if word.startswith("mine")), "mine.yaml")
    name = "pyproject.toml" if command == "lint clean.yaml" else name
    Path(name).write_text(text or run("summary", "base", "--format", "json").out)
    Path("link").symlink_to(name)
    before = Path(name).read_bytes()
    code, out, err = run(*command.split(), "--output", "link")
    assert (code, out, err.splitlines(keepends=True)[-1]) == (2, "", refusal("link"))
    assert Path(name).read_bytes() == (before if "--fix" not in command else SMALL.encode())


def test_a_config_that_git_tells_to_differ_is_not_replaced(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "heir"):
        Path(f"{name}.yaml").write_text(SMALL if name == "mine" else "extends: mine.yaml\n")
        Path(f"{name}.txt").symlink_to(f"{name}.yaml")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "base"]):
        run_git(*words)
    Path("mine.yaml").write_text(f"{SMALL}encoder_dropout: 0\n")
    before = contents(tmp_path)
    command = ("compare", "--changed-since", "HEAD", "--format", "json")
    for name in ("mine.txt", "heir.txt"):
        assert run(*command, "--output", name) == (2, "", refusal(name))
        assert contents(tmp_path) == before
    # What is only looked at, as the report of the last run is, holds nothing that is lost.
    for _ in range(2):
        assert run(*command, "--output", "report.json").code == 0
        assert json.loads(Path("report.json").read_text())["comparisons"]


@pytest.mark.parametrize("paths", [(), ("model",), ("model/config.json",), ("link.json",)])
@pytest.mark.parametrize("state", ["same", "unmerged", "in a repository of its own"])
def test_a_config_that_git_spares_reading_is_not_replaced(
    paths: tuple[str, ...], state: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model").mkdir()
    Path("model/config.json").write_text(run("convert", "base", "--to", "huggingface").out)
    Path("link.json").symlink_to("model/config.json")
    is_foreign = state == "in a repository of its own"
    run_git("init", "--quiet", "model" if is_foreign else ".")
    run_git("init", "--quiet")
    Path("report.json").write_text("{}\n")
    Path(".gitignore").write_text("model\n" if is_foreign else "")
    run_git("add", "--all")
    run_git("commit", "--quiet", "-m", "base")
    if state == "unmerged":
        blob = subprocess.run(["git", "rev-parse", "HEAD:report.json"], capture_output=True, text=True).stdout.strip()
        entries = [f"100644 {blob} {stage}\tmodel/config.json\n" for stage in (1, 2, 3)]
        run_git("rm", "--quiet", "--cached", "model/config.json")
        subprocess.run(["git", "update-index", "--index-info"], input="".join(entries), text=True, check=True)
    before = contents(tmp_path)
    command = ("compare", "--changed-since", "HEAD", *paths, "--format", "json")
    for name in ("model/config.json", "link.json"):
        assert run(*command, "--output", name) == (2, "", refusal(name))
    assert contents(tmp_path) == before
    assert run(*command, "--output", "report.json").code == 0


@pytest.mark.parametrize("reference", ["model", "model/weights.safetensors"])
def test_the_config_of_a_folder_and_of_weights_is_not_replaced(
    reference: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Path("model/config.json")
    config.parent.mkdir()
    config.write_text(run("convert", "base", "--to", "huggingface").out)
    write_model(Path("model/weights.safetensors"), load_preset("base").model.to_mapping())
    before = contents(tmp_path)
    code, out, err = run("summary", reference, "--format", "json", "--output", str(config))
    assert (code, out, err.splitlines(keepends=True)[-1]) == (2, "", refusal(config))
    for name in ("config.json", "weights.safetensors"):
        Path("link.yaml").symlink_to(f"model/{name}")
        assert run("inspect", "model/weights.safetensors", "--write", "link.yaml") == (2, "", refusal("link.yaml"))
        Path("link.yaml").unlink()
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_a_calibration_that_is_predicted_from_is_not_replaced(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    path = keep(make_for_this_machine())
    before = path.read_bytes()
    assert run("summary", "base", "--predict", "--format", "json", "-o", str(path)) == (2, "", refusal(path))
    assert path.read_bytes() == before


def test_a_config_that_is_standard_input_is_not_replaced(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(SMALL)
    kept, piped = os.dup(0), os.open(path, os.O_RDONLY)
    os.dup2(piped, 0)
    try:
        outcome = run("summary", "-", "--format", "json", "-o", str(path), stdin=SMALL.encode())
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(piped)
    assert (outcome, path.read_text()) == ((2, "", refusal(path)), SMALL)


@pytest.mark.parametrize("storage", ["study", "sqlite:///study"])
def test_the_trials_of_a_search_are_not_replaced(
    storage: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ("search", "base", "--free", "encoder_num_layers", "--minimize", "macs", "--trials", "2")
    command = (*command, "--storage", storage)
    code, out, err = run(*command, "-o", "study")
    assert (code, out, contents(tmp_path)) == (2, "", {})
    assert err == "error: --storage and --output cannot both write study; give each a path of its own\n"
    assert run(*command).code == 0
    Path("hard").hardlink_to("study")
    assert run(*command, "-o", "hard") == (2, "", refusal("hard"))
    assert Path("hard").samefile("study")
    # They are gone on from, all the same.
    assert run(*command, "-o", "report").code == 0


def test_what_is_kept_up_to_date_is_read_and_written(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(SMALL.replace("layers", "layer"))
    assert run("lint", "--fix", "mine.yaml", "--ignore", "W").code == 0
    assert Path("mine.yaml").read_text() == SMALL
    assert run("schema", "--write", "mine.yaml").code == 0
    assert Path("mine.yaml").read_text().endswith(SMALL)
    command = ("search", "mine.yaml", "--free", "encoder_num_layers", "--minimize", "macs", "--resume", "found")
    for _ in range(2):
        assert run(*command, "-o", "report").code == 0


def test_who_reads_and_writes_one_file_is_known() -> None:
    root = Path(w2v_explore.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "rewrite_atomically(" in path.read_text(encoding="utf-8")
    }
    assert found == {
        "files/write.py",
        "lint/fix.py",
        "search/running/saved.py",
        "cli/inspect.py",
        "cli/schema.py",
        "cli/completion/install.py",
    }


@pytest.mark.parametrize(
    "command",
    [
        "latency base --trace t --output t",
        "search base --free encoder_num_layers --minimize macs --plot t.svg --output t.svg",
    ],
)
def test_two_results_have_a_file_each(
    command: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*command.split())
    assert (code, out, list(tmp_path.iterdir())) == (2, "", [])
    assert "and --output cannot both write t" in err
