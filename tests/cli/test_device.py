"""``--device``: what is measured is reported, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
import torch

from tests.program import Runner
from tests.small import config_text
from tests.unit.test_html import figures_above_all
from w2v_explore.measure import audit, noise
from w2v_explore.report.units import duration

SMALL = config_text()


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_a_noisy_machine_takes_few_lines_of_an_answer(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = noise.Readings(crowding=0.9, crowding_before=0.9, lost_cpu_share=0.9, stolen_share=0.9, spread=0.9)
    monkeypatch.setattr(noise, "read_noise", lambda *counters, **machine: busy)
    arguments = ("summary", small, "--device", "cpu", "--runs", "1", "--samples", "4000")
    out = run(*arguments, columns=80).out
    said = out[out.index("NOISY") :].partition("\n\n")[0]
    assert re.fullmatch(
        r"NOISY, these figures are doubtful: [^;]+; \d more signs of it; --full says .+", " ".join(said.split())
    )
    assert len(said.splitlines()) <= 3
    latency, *others = figures_above_all(run(*arguments, "--format", "html").out)
    assert latency.endswith(", NOISY")
    assert "NOISY" not in "".join(others)


def test_json(run: Runner, small: str) -> None:
    code, out, err = run("summary", small, "--device", "cpu", "--runs", "2", "--samples", "4000", "--format", "json")
    assert (code, err) == (0, "")
    summary = json.loads(out)
    latency = summary["latency"]
    assert (latency["device"], latency["dtype"], latency["runs"]) == ("cpu", "float32", 2)
    assert latency["threads"] == torch.get_num_threads()
    assert latency["torch_version"] == torch.__version__
    assert latency["end_to_end"]["median_s"] > 0
    assert latency["end_to_end"]["iqr_s"] >= 0
    assert latency["real_time_factor"] == pytest.approx(latency["end_to_end"]["median_s"] / 0.25)
    assert "median of 2 plain forward passes" in latency["method"]
    assert latency["end_to_end"]["low_s"] <= latency["end_to_end"]["median_s"] <= latency["end_to_end"]["high_s"]
    assert latency["noise"]["noisy"] is bool(latency["noise"]["disturbances"])
    layers = {layer["path"]: layer["latency"] for layer in summary["layers"]}
    assert layers["encoder.transformer.layers.1.attention.k_proj"]["self_median_s"] > 0
    assert layers[""]["self_median_s"] == 0
    own_ns = sum(layer["self_ns"] for layer in layers.values())
    assert own_ns + latency["ledger"]["unattributed_ns"] == latency["ledger"]["end_to_end_ns"]
    assert layers[""]["total_median_s"] > layers["encoder.transformer.layers"]["total_median_s"] > 0
    assert summary["macs_audit"]["agrees"] is True
    assert summary["macs_audit"]["counted"] == summary["totals"]["macs_by_kind"]


def test_table(run: Runner, small: str) -> None:
    code, out, err = run("summary", small, "--device", "cpu", "--runs", "2", "--samples", "4000", "--full")
    assert (code, err) == (0, "")
    assert "measured on cpu (" in out
    assert f"torch {torch.__version__}: 2 plain and 2 hooked passes in turn, after " in out
    for row in ("not attributed to a layer", "hooked pass, end to end", "plain pass, end to end", "Real-time factor"):
        assert row in out
    assert "MACs agree with fvcore" in out


@pytest.mark.usefixtures("measured_once")
def test_the_answer_begins_with_latency_and_real_time_factor(run: Runner, small: str) -> None:
    arguments = ("summary", small, "--device", "cpu", "--runs", "2", "--samples", "4000")
    latency = json.loads(run(*arguments, "--format", "json").out)["latency"]
    first, second = run(*arguments).out.split("\n\n")[1].splitlines()[:2]
    assert first.startswith("latency ")
    assert duration(latency["end_to_end"]["median_s"]) in first
    assert second.split()[:2] == ["real-time", "factor"]
    assert second.split()[2] == f"{latency['real_time_factor']:.3g}"
    overview = run("summary", small, small, *arguments[2:]).out
    assert re.search(r"Latency \(median\) +Real-time factor$", overview, re.MULTILINE)


def test_csv(run: Runner, small: str) -> None:
    _, out, _ = run("summary", small, "--device", "cpu", "--runs", "1", "--samples", "4000", "--format", "csv")
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(out))}
    assert float(rows["aux" if "aux" in rows else "encoder"]["total_median_s"]) > 0


def test_compare(run: Runner, small: str) -> None:
    arguments = (
        "compare",
        small,
        small,
        "--set",
        "aux_num_out=3",
        "--device",
        "cpu",
        "--runs",
        "1",
        "--samples",
        "4000",
    )
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "latency (median)" in out
    assert "Latency by component" in out
    assert "Latency against small, changed: aux_num_out 3 (1)" in out
    document = json.loads(run(*arguments, "--format", "json").out)
    (verdict,) = document["verdicts"]
    assert verdict["config"] == "small, changed: aux_num_out 3 (2)"
    assert verdict["verdict"] in {"FAST", "SLOW", "SAME", "AMBIGUOUS"}
    assert verdict["ratio_low"] <= verdict["ratio"] <= verdict["ratio_high"]
    metrics = document["metrics"]
    assert metrics["latency.end_to_end.median_s"]["ratio"][1] == pytest.approx(verdict["ratio"])
    for name in (
        "latency.end_to_end.median_s",
        "latency.real_time_factor",
        "aux.latency_s",
        "feature_extractor.latency_s",
    ):
        assert len(metrics[name]["values"]) == 2
        assert all(value > 0 for value in metrics[name]["values"])


def test_bfloat16(run: Runner, small: str) -> None:
    code, out, _ = run(
        "summary",
        small,
        "--device",
        "cpu",
        "--dtype",
        "bfloat16",
        "--runs",
        "1",
        "--samples",
        "4000",
        "--format",
        "json",
    )
    assert code == 0
    assert json.loads(out)["latency"]["dtype"] == "bfloat16"


def test_a_disagreeing_audit_exits_with_1(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_attention_macs", lambda inputs, outputs: 1)
    code, out, _ = run("summary", small, "--device", "cpu", "--runs", "1", "--samples", "4000")
    assert code == 1
    assert "MACs DISAGREE with fvcore" in out


@pytest.mark.parametrize("device", ["cuda:7", "mps", "gpu"])
def test_absent_devices(run: Runner, small: str, device: str) -> None:
    code, out, err = run("summary", small, "--device", device, "--samples", "4000")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
