"""What is said of a config that ``--set`` changed: every command names it by its change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore import load_config

SIX_LAYERS = ("--set", "encoder_num_layers=6")
NAME = "base, changed: encoder_num_layers 6"
DESCRIPTION = "The base model of the paper"


@pytest.mark.parametrize("command", ["summary", "memory", "sensitivity", "identify"])
def test_reports_are_headed_by_the_change(run: Runner, command: str) -> None:
    out = run(command, "base", *SIX_LAYERS, *(["--full"] if command == "summary" else [])).out
    assert out.splitlines()[:2] == [NAME, "preset base, changed: encoder_num_layers 6 (not 12)"]
    assert DESCRIPTION not in out
    assert DESCRIPTION in run("summary", "base", "--full").out


def test_markdown_and_csv_say_it_too(run: Runner) -> None:
    assert (
        "## base, changed: encoder\\_num\\_layers 6\n"
        in run("summary", "base", *SIX_LAYERS, "--format", "markdown").out
    )
    assert f'\n"{NAME}",' in run("summary", "base", *SIX_LAYERS, "--format", "csv").out
    assert f'\n"{NAME}",' in run("memory", "base", *SIX_LAYERS, "--format", "csv").out


@pytest.mark.parametrize("command", ["summary", "memory", "sensitivity", "identify"])
def test_json_has_the_changes(run: Runner, command: str) -> None:
    config = json.loads(run(command, "base", *SIX_LAYERS, "--format", "json").out)["config"]
    assert config["name"] == NAME
    assert config["origin"] == "preset base"
    assert config["changes"] == [{"field": "encoder_num_layers", "before": 12, "after": 6}]
    assert not any(config.get(key) for key in ("description", "source", "published_parameters"))
    assert json.loads(run(command, "base", "--format", "json").out)["config"]["changes"] == []


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("encoder_num_layers=12", "wav2vec 2.0 Base"),
        ("sample_rate=16000", "wav2vec 2.0 Base"),
        ("extractor_conv_layer_config=null", "wav2vec 2.0 Base"),
        (f"extractor_conv_layer_config={[[512, 10, 5]] + [[512, 3, 2]] * 4 + [[512, 2, 2]] * 2}", "wav2vec 2.0 Base"),
        ("name=mine", "mine"),
        ("encoder_layer_norm_first=true", "base, changed: encoder_layer_norm_first true"),
        ("extractor_mode=layer_norm", "base, changed: extractor_mode layer_norm"),
        ("aux_num_out=32", "base, changed: aux_num_out 32"),
        ("sample_rate=8000", "base, changed: sample_rate 8000"),
        ("extractor_conv_layer_config=[[64, 10, 5]]", "base, changed: extractor_conv_layer_config [[64, 10, 5]]"),
    ],
)
def test_only_another_value_is_a_change(override: str, name: str) -> None:
    config = load_config("base", [override])
    assert config.name == name
    assert (config.description is None) is config.name.startswith("base, changed")


def test_the_last_override_counts() -> None:
    assert load_config("base", ["encoder_num_layers=6", "encoder_num_layers=12"]).changes == ()
    config = load_config("base", ["encoder_num_layers=6", "encoder_dropout=0", "name=mine", "description=What I try."])
    assert [str(change) for change in config.changes] == ["encoder_num_layers 6", "encoder_dropout 0"]
    assert (config.name, config.description, config.published_parameters) == ("mine", "What I try.", None)


def test_what_was_missing_is_given_and_not_changed(tmp_path: Path) -> None:
    text = "".join(line for line in Path("presets/large.yaml").read_text().splitlines(True) if "num_heads" not in line)
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("extends:", "x:"), encoding="utf-8")
    assert load_config(str(path), ["encoder_num_heads=16"]).changes == ()


@pytest.mark.parametrize("command", ["summary", "identify"])
def test_another_sample_rate_is_equal_to_no_preset(run: Runner, command: str, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text("extends: base\nsample_rate: 8000\n")
    for arguments in (["base", "--set", "sample_rate=8000"], [str(slow)]):
        out = run(command, *arguments).out
        assert "equal to" not in out
        assert "nearest preset: base" in out or "preset base, changed: sample_rate 8000 (not 16000)" in out
        assert "sample_rate" in out
    document = json.loads(run(command, str(slow), "--format", "json").out)["nearest_preset"]
    assert document["equals"] == []
    assert document["differences"] == {"sample_rate": {"config": 8000, "preset": 16000}}


def test_the_nearest_preset_is_not_said_twice(run: Runner) -> None:
    # The preset that was changed is the nearest to it, by what was changed.
    assert "nearest" not in run("summary", "large", "--set", "encoder_num_layers=12").out
    halfway = run(
        "summary",
        "base",
        "--set",
        "encoder_num_layers=24",
        "--set",
        "encoder_embed_dim=1024",
        "--set",
        "encoder_num_heads=16",
    ).out
    assert "nearest preset: large, but for" in halfway


def test_configs_that_differ_in_the_sample_rate_are_not_identical(run: Runner, tmp_path: Path) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text("extends: base\nsample_rate: 8000\n")
    document = json.loads(run("compare", "base", str(slow), "--format", "json").out)
    assert not document["identical"]
    assert document["differences"] == {"sample_rate": [16000, 8000]}
    assert "Identical" not in run("compare", "base", str(slow)).out


def test_a_file_is_named_by_itself_and_not_by_what_it_extends(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: base\nencoder_num_layers: 6\n")
    document = json.loads(run("summary", str(path), "--format", "json").out)["config"]
    assert (document["name"], document["description"], document["published_parameters"]) == ("mine", None, None)
    changed = json.loads(run("summary", str(path), "--set", "encoder_num_layers=7", "--format", "json").out)["config"]
    assert changed["name"] == "mine, changed: encoder_num_layers 7"


def test_names_that_collide_are_told_apart(run: Runner, tmp_path: Path) -> None:
    paths = [tmp_path / folder / "mine.yaml" for folder in ("a", "b")]
    for layers, path in enumerate(paths, start=3):
        path.parent.mkdir()
        path.write_text(f"extends: base\nencoder_num_layers: {layers}\n")
    first, second = map(str, paths)
    assert run("compare", first, second).out.splitlines()[0] == f"mine ({first}) ↔ mine ({second})"
    assert run("compare", first, first).out.splitlines()[0] == "mine (1) ↔ mine (2)"
    assert run("compare", "base", "base", *SIX_LAYERS).out.splitlines()[0] == f"{NAME} (1) ↔ {NAME} (2)"


def test_against_a_baseline_each_column_has_its_name(run: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "base.json"
    saved.write_text(run("summary", "base", "--format", "json").out, encoding="utf-8")
    code, out, err = run("summary", "base", *SIX_LAYERS, "--baseline", str(saved), "--fail-if", "parameters < -1%")
    assert "wav2vec 2.0 Base (baseline)" in out
    assert code == 1
    assert err.startswith(f"{NAME}: parameters is 51,843,712")


def test_what_is_converted_says_it(run: Runner) -> None:
    code, out, err = run("convert", "base", *SIX_LAYERS, "--to", "w2v")
    assert code == 0
    assert out.startswith(f"name: '{NAME}'\nfamily: wav2vec 2.0\nextractor_mode")
    assert err.startswith("preset base, changed: encoder_num_layers 6: w2v-explore → w2v-explore\n")
    for target in ("fairseq", "python"):
        assert f"# {NAME}\nmodel" in run("convert", "base", *SIX_LAYERS, "--to", target).out
        assert "#" not in run("convert", "base", "--to", target).out
