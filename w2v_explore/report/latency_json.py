"""What `latency` and `compare --device` say of several measurements, for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from w2v_explore.config.load import distinct_names
from w2v_explore.report.curve import Curve, latency_curves
from w2v_explore.report.json import result_document
from w2v_explore.report.result import Measurement, Result
from w2v_explore.version import SCHEMA_VERSION


def measurements_document(results: Sequence[Result], depth: int | None = None) -> dict[str, Any]:
    """Every measurement, its layers down to a depth, and for every config where attention outgrows the feed-forward."""
    return {
        "schema_version": SCHEMA_VERSION,
        "measurements": [result_document(result, depth) for result in results],
        "attention_crossings": [_crossing(curve) for curve in latency_curves(results)],
    }


def verdicts_document(results: Sequence[Result]) -> dict[str, Any]:
    """What was measured of each config against the first, in turns with it; nothing where nothing was."""
    names = distinct_names([result.analysis.config for result in results])
    ratios = [
        (name, result.measurement.latency.against_first)
        for name, result in zip(names[1:], results[1:], strict=True)
        if result.measurement
    ]
    verdicts = [
        {
            "config": name,
            "verdict": ratio.verdict.value,
            "ratio": ratio.ratio,
            "ratio_low": ratio.low,
            "ratio_high": ratio.high,
            "confidence": ratio.confidence,
        }
        for name, ratio in ratios
        if ratio is not None
    ]
    return {"verdicts": verdicts} if verdicts else {}


def measurement_document(measurement: Measurement) -> dict[str, Any]:
    """The latency of one config and, where it was asked for, the independent count of its MACs."""
    from w2v_explore.measure.documents import latency_document, macs_audit_document

    document = {"latency": latency_document(measurement.latency, measurement.calibration)}
    if measurement.macs_audit is not None:
        document["macs_audit"] = macs_audit_document(measurement.macs_audit)
    return document


def _crossing(curve: Curve) -> dict[str, Any]:
    return {
        "config": curve.name,
        "macs_crossing_s": curve.macs_crossing_s,
        "measured_crossing_s": curve.measured_crossing_s,
        "method": "measured_crossing_s: attention's share over the feed-forward's, linear between durations",
    }
