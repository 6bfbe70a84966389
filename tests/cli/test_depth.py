"""``--depth`` in every format of every command that takes it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.program import Runner


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("depth", "modules"), [(0, [""]), (1, ["", "feature_extractor", "encoder"])])
def test_summary(run: Runner, depth: int, modules: list[str]) -> None:
    arguments = ("summary", "base", "--depth", str(depth), "--format")
    assert [row["path"] for row in rows(run(*arguments, "csv").out)] == modules
    document = json.loads(run(*arguments, "json").out)
    assert [layer["path"] for layer in document["layers"]] == modules
    assert document["depth"] == depth
    assert "depth" not in json.loads(run("summary", "base", "--format", "json").out)


def test_equal_layers_are_unfolded(run: Runner) -> None:
    layers = json.loads(run("summary", "base", "--depth", "4", "--format", "json").out)["layers"]
    assert max(layer["depth"] for layer in layers) == 4
    assert sum(layer["path"].startswith("encoder.transformer.layers.") for layer in layers) == 12


def test_memory(run: Runner) -> None:
    document = json.loads(run("memory", "base", "--depth", "1", "--format", "json").out)
    assert [layer["path"] for layer in document["layers"]] == ["", "feature_extractor", "encoder"]
    figures = {row["figure"] for row in rows(run("memory", "base", "--depth", "1", "--format", "csv").out)}
    assert "layers[2].kept_bytes" in figures
    assert "layers[3].kept_bytes" not in figures


def test_compare(run: Runner) -> None:
    arguments = ("compare", "base", "asr_base_960h", "--depth", "1", "--format")
    document = json.loads(run(*arguments, "json").out)
    assert list(document["modules"]) == ["", "feature_extractor", "encoder", "aux"]
    assert document["modules"]["aux"]["parameters"] == {
        "values": [0, 22301],
        "delta": [0, 22301],
        "ratio": [None, None],
    }
    assert [len(config["layers"]) for config in document["configs"]] == [3, 4]
    metrics = {row["metric"]: row for row in rows(run(*arguments, "csv").out)}
    assert metrics["parameters[aux]"]["wav2vec 2.0 Base ASR 960h"] == "22301"
    assert "macs[encoder]" in metrics
    assert "modules" not in json.loads(run("compare", "base", "large", "--format", "json").out)


def test_what_lacks_layers_is_no_baseline(run: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(run("summary", "base", "--depth", "0", "--format", "json").out, encoding="utf-8")
    code, out, err = run("summary", "base", "--baseline", str(saved))
    assert (code, out) == (2, "")
    assert "is no baseline: its layers end at a --depth; write one with" in err
