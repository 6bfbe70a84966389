"""``--allow-unknown``, and where the sample rate comes from, in every command that takes a config."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.checkpoint_files import SMALL, model_shapes, safetensors_bytes
from tests.program import Runner
from w2v_explore import ModelConfig
from w2v_explore.config.dialects.huggingface import to_huggingface

TEXT = """\
task:
  sample_rate: 8000
model:
  _name: hubert
  dropout_input: 0.1
  encoder_layerdrop: 0.05
  encoder_layers: 2
  reuse_pattern: [1, 1]
"""
WITH_CSV = [
    ["summary"],
    ["memory"],
    ["sensitivity"],
    ["sweep", "--field", "encoder_num_layers=2,3"],
    ["search", "--free", "encoder_num_layers=2,3", "--minimize", "macs"],
    ["compare", "base"],
    pytest.param(["latency", "--runs", "1", "--seconds", "0.2"], marks=pytest.mark.slow),
]
COMMANDS = [
    *WITH_CSV,
    ["identify"],
    pytest.param(["verify", "--seconds", "0.5"], marks=pytest.mark.slow),
]


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "fork.yaml"
    path.write_text(TEXT)
    return str(path)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_reports_say_what_is_not_counted_and_where_the_rate_is_from(
    arguments: list[str], config: str, run: Runner
) -> None:
    code, out, err = run(*arguments, config)
    assert (code, out) == (2, "")
    assert err.count("E285") == 1
    code, out, err = run(*arguments, config, "--allow-unknown", columns=140)
    assert code == 0
    assert "warning W284 foreign-unknown: reuse_pattern" in err
    assert "NOT COUNTED: reuse_pattern" in out
    assert "equal to" not in out
    assert arguments == ["identify"] or "sample rate: 8,000 Hz, from task.sample_rate" in out


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_so_does_json(arguments: list[str], config: str, run: Runner) -> None:
    code, out, _ = run(*arguments, config, "--allow-unknown", "--format", "json")
    assert code == 0
    assert json.loads(out)
    assert '"reuse_pattern"' in out
    assert arguments[0] in ("identify", "verify") or '"sample_rate_source": "task.sample_rate"' in out


@pytest.mark.parametrize("arguments", WITH_CSV, ids=" ".join)
def test_so_does_csv(arguments: list[str], config: str, run: Runner, tmp_path: Path) -> None:
    code, out, _ = run(*arguments, config, "--allow-unknown", "--format", "csv")
    assert code == 0
    header, *rows = csv.reader(io.StringIO(out))
    assert all(len(row) == len(header) for row in rows)
    if arguments[0] == "compare":
        assert [row[1:3] for row in rows if row[0] == "not_counted"] == [["", "reuse_pattern"]]
    elif arguments[0] == "memory":
        assert ["fork", "not_counted", "reuse_pattern"] in rows
    else:
        assert {row[header.index("not_counted")] for row in rows} == {"reuse_pattern"}
    whole = tmp_path / "whole.yaml"
    whole.write_text(TEXT.replace("  reuse_pattern: [1, 1]\n", ""))
    code, out, _ = run(*arguments, str(whole), "--format", "csv")
    assert (code, "not_counted" in out) == (0, False)


def test_a_baseline_of_such_a_config_is_no_whole_one_either(config: str, run: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(run("summary", config, "--allow-unknown", "--format", "json").out)
    whole = tmp_path / "whole.yaml"
    whole.write_text(TEXT.replace("  reuse_pattern: [1, 1]\n", ""))
    for command in ("summary", "compare"):
        out = run(command, str(whole), "--baseline", str(saved)).out
        assert "NOT COUNTED: reuse_pattern" in " ".join(out.split())
        assert "Identical" not in out
    document = json.loads(run("compare", str(whole), "--baseline", str(saved), "--format", "json").out)
    assert (document["identical"], document["baseline"]["not_counted"]) == (False, ["reuse_pattern"])


def test_convert_does_not_say_that_it_is_without_effect(config: str, run: Runner) -> None:
    err = run("convert", config, "--to", "w2v", "--allow-unknown").err
    assert "1 unread" in err
    assert "Unread, and may change the architecture" in err
    assert "unknown (1)" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", "--to", "w2v"],
        ["lint", "--ignore", "W"],
        pytest.param(["export", "--to", "safetensors"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_commands_without_figures_take_it_too(
    arguments: list[str], config: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments, config)
    assert code == (1 if arguments[0] == "lint" else 2)
    assert "E285" in out + err
    code, out, err = run(*arguments, config, "--allow-unknown")
    assert code == 0
    assert "E285" not in out + err


def test_so_do_those_about_checkpoints(run: Runner, tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(safetensors_bytes(model_shapes()))
    stated = to_huggingface(ModelConfig.from_mapping(SMALL)) | {"lora_rank": 8}
    (tmp_path / "config.json").write_text(json.dumps(stated))
    for arguments in (["inspect", str(weights)], ["summary", str(tmp_path)], ["check", str(weights), str(tmp_path)]):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert "E285 foreign-unread: lora_rank" in err
        code, out, err = run(*arguments, "--allow-unknown")
        assert code == 0
        assert "W284 foreign-unknown: lora_rank" in err
        assert "equal to" not in out
        assert arguments[0] == "check" or "NOT COUNTED: lora_rank" in out


def test_a_config_that_is_not_counted_whole_is_identical_to_none(config: str, run: Runner) -> None:
    code, out, _ = run("compare", config, config, "--allow-unknown", "--format", "json")
    assert (code, json.loads(out)["identical"]) == (0, False)
    assert "Identical" not in run("compare", config, config, "--allow-unknown").out


@pytest.mark.parametrize("dialect", ["w2v", "fairseq", "huggingface"])
def test_the_sample_rate_goes_there_and_back(dialect: str, run: Runner, tmp_path: Path) -> None:
    path = tmp_path / ("config.json" if dialect == "huggingface" else "c.yaml")
    wanted = run("convert", "base", "--to", dialect, "--set", "sample_rate=8000", "-o", str(path))
    assert wanted.code == 0
    assert ("18 mapped" if dialect == "w2v" else "17 mapped") in wanted.err
    document = json.loads(run("summary", str(path), "--format", "json").out)
    assert document["workload"]["sample_rate"] == 8000
    back = run("convert", str(path), "--to", "torchaudio")
    assert back.code == 0
    assert dialect == "w2v" or "for which there is no place" in back.err
