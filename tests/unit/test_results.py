"""What results say of measured layers, and what reports say of models that lack a part."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import Analysis, Workload, analyze
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.roofline import Roofs
from w2v_explore.analysis.memory import inference, training
from w2v_explore.config.family import Family
from w2v_explore.report.summary import summary_report
from w2v_explore.results.layer_times import roof_shares, row_times
from w2v_explore.results.result import Measurement, Result, measured_figures

ANALYSIS = analyze("base", Workload.of_seconds(1))


def measured(*, calibrated: bool) -> Result:
    """Base on a device that takes a nanosecond more for each layer than for the one before."""
    layers = {
        row.path: SimpleNamespace(
            own_ns=number, total_ns=2 * number, total=SimpleNamespace(median_s=2e-9 * number, iqr_s=1e-9)
        )
        for number, row in enumerate(unfold(ANALYSIS.layers), start=1)
    }
    latency: Any = SimpleNamespace(layers=layers, real_time_factor=0.5, end_to_end=SimpleNamespace(median_s=0.5))
    calibration: Any = SimpleNamespace(roofs=Roofs(1e12, 1e11)) if calibrated else None
    return Result(analysis=ANALYSIS, measurement=Measurement(latency=latency, calibration=calibration))


def test_a_row_takes_what_its_layers_take_together() -> None:
    result = measured(calibrated=True)
    paths = tuple(f"encoder.transformer.layers.{number}" for number in range(1, 12))
    alone = [time for path in paths for time in row_times(result, [[path]])]
    [together] = row_times(result, [paths])
    assert (together.own_ns, together.total_ns) == (
        sum(each.own_ns for each in alone),
        sum(each.total_ns for each in alone),
    )
    assert together.iqr_s is None
    assert alone[0].iqr_s == 1e-9
    # The share is that of the sums: of 11 equal least times over what the layers took.
    shares = roof_shares(result)
    least_ns = [shares[path] * each.total_ns for path, each in zip(paths, alone, strict=True)]
    assert least_ns == pytest.approx([least_ns[0]] * 11)
    assert together.roof_share == pytest.approx(11 * least_ns[0] / together.total_ns)


def test_without_a_calibration_there_is_no_roof() -> None:
    result = measured(calibrated=False)
    assert roof_shares(result) == {}
    [time] = row_times(result, [[""]])
    assert time.roof_share is None


def test_a_component_that_a_model_lacks_took_no_time() -> None:
    figures = measured_figures([measured(calibrated=False)])
    assert figures["latency.real_time_factor"] == [0.5]
    assert figures["aux.latency_s"] == [0.0]
    assert figures["feature_extractor.latency_s"][0] > 0
    assert measured_figures([Result(analysis=ANALYSIS)]) == {}


def test_a_report_has_no_section_for_what_a_model_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    field = ANALYSIS.receptive_field._replace(layers=(), positional_span_samples=None)
    monkeypatch.setattr(Analysis, "receptive_field", property(lambda analysis: field), raising=False)
    tables = {table.title: table for table in summary_report(Result(analysis=ANALYSIS)).tables}
    assert list(tables) == ["Layers", "What one frame sees", "Totals"]
    assert [row[0] for row in tables["What one frame sees"].rows] == [
        "the features that the model is given",
        "the extractor's group norm",
        "attention",
    ]
    assert "Frame i covers the samples" in str(tables["What one frame sees"].remark)
    assert ANALYSIS.to_dict()["positional_convolution"] is None
    assert ANALYSIS.to_dict()["extractor"]["layers"] == []


@pytest.mark.parametrize("format", ["table", "json"])
def test_a_command_builds_and_traces_a_model_once(run: Runner, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    counts: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return function(*arguments, **options)

        monkeypatch.setattr(owner, name, counted)

    count(Family, "build")
    count(inference, "inference_memory")
    count(training, "training_cost")
    code, _, _ = run("summary", "base", "--format", format, "--fail-if", "memory.training_bytes > 900T")
    assert code == 0
    assert counts == {"build": 1, "inference_memory": 1, "training_cost": 1}
