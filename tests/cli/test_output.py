"""``--output``: where no result goes, which is said before anything is worked out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import Runner

SMALL = "extends: base\nencoder_num_layers: 1\n"


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


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *[(f"{command} FILE", "--output") for command in ("summary", "memory", "latency", "verify")],
        ("compare base FILE", "--output"),
        ("plan base --card FILE", "--output"),
        ("plan base --card a100-80gb --manifest FILE", "--output"),
        ("search base --like FILE", "--output"),
        ("search FILE", "--output"),
        ("latency FILE", "--trace"),
    ],
)
def test_what_is_read_is_not_replaced(
    command: str, option: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text(SMALL)
    Path("link").symlink_to("mine")
    code, out, err = run(*command.replace("FILE", "mine").split(), option, "link")
    assert (code, out) == (2, "")
    assert err == f"error: {option} would replace link, which is read for the answer; give another file\n"
    assert Path("mine").read_text() == SMALL


@pytest.mark.parametrize("reference", ["model", "model/weights.safetensors"])
def test_the_config_of_a_folder_and_of_weights_is_not_replaced(
    reference: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Path("model/config.json")
    config.parent.mkdir()
    config.write_text(run("convert", "base", "--to", "huggingface").out)
    Path("model/weights.safetensors").touch()
    written = config.read_bytes()
    code, out, err = run("summary", reference, "--format", "json", "--output", str(config))
    assert (code, out) == (2, "")
    assert f"--output would replace {config}" in err
    assert config.read_bytes() == written


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
