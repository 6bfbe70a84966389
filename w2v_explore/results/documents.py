"""Results as plain data (docs/json.md): an analysis's `to_dict`, with what was predicted and measured beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.config.load import distinct_names
from w2v_explore.results.result import Measurement, Result
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.results.curve import Curve


def one_or_list(documents: Sequence[dict[str, Any]]) -> Any:
    """One object for one config, a list of objects for several."""
    return documents[0] if len(documents) == 1 else list(documents)


def summary_document(results: Sequence[Result], changes: Sequence[Comparison] = (), depth: int | None = None) -> Any:
    """One object for one config, a list of objects for several.

    Args:
        results: The configs' figures.
        changes: Each config against a baseline; empty where there is no baseline.
        depth: Levels of modules among the layers; None for all.
    """
    documents = [result_document(result, depth) for result in results]
    if changes:
        for document, change in zip(documents, changes, strict=True):
            document["baseline"] = change.baseline and change.baseline.to_dict()
            document["change"] = {name: metric.to_dict() for name, metric in change.metrics.items()}
    return one_or_list(documents)


def comparison_document(results: Sequence[Result], comparison: Comparison, depth: int | None = None) -> dict[str, Any]:
    """The configs as `summary_document` has them, and what differs; with a depth, every module down to it too."""
    document = comparison.to_dict(depth)
    if results[0].measurement is not None:
        document |= {"configs": [result_document(result, depth) for result in results]} | _verdicts(results)
    return document


def result_document(result: Result, depth: int | None = None) -> dict[str, Any]:
    """Everything about one config: `Analysis.to_dict`, and what was predicted or measured."""
    analysis, measurement, prediction = result.analysis, result.measurement, result.prediction
    document = analysis.to_dict(depth)
    if prediction is not None:
        for layer in document["layers"]:
            layer["predicted_s"] = prediction.layer_seconds(analysis, layer["path"])
        document["prediction"] = prediction.to_dict()
    if measurement is not None:
        # Imported only where something was measured.
        from w2v_explore.results.layer_times import roof_shares

        shares = roof_shares(result)
        for layer in document["layers"]:
            if layer["path"] in measurement.latency.layers:
                layer["latency"] = _layer_latency(layer["path"], measurement, shares)
        document |= _measurement(measurement)
    return document


def measurements_document(results: Sequence[Result], depth: int | None = None) -> dict[str, Any]:
    """Every measurement, its layers down to a depth, and for every config where attention outgrows the feed-forward."""
    from w2v_explore.results.curve import latency_curves

    return {
        "schema_version": SCHEMA_VERSION,
        "measurements": [result_document(result, depth) for result in results],
        "attention_crossings": [_crossing(curve) for curve in latency_curves(results)],
    }


def _verdicts(results: Sequence[Result]) -> dict[str, Any]:
    """The verdict on each config but the first, which took turns with it; no member where nothing took turns."""
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


def _layer_latency(path: str, measurement: Measurement, shares: Mapping[str, float]) -> dict[str, Any]:
    measured = measurement.latency.layers[path]
    document: dict[str, Any] = {
        "self_ns": measured.own_ns,
        "total_ns": measured.total_ns,
        "self_median_s": measured.own.median_s,
        "self_iqr_s": measured.own.iqr_s,
        "total_median_s": measured.total.median_s,
        "total_iqr_s": measured.total.iqr_s,
    }
    if measurement.calibration is not None:
        document["roof_share"] = shares.get(path)
    return document


def _measurement(measurement: Measurement) -> dict[str, Any]:
    """The latency of one config and, where it was asked for, the independent count of its MACs."""
    document = {"latency": measurement.latency.to_dict()}
    if measurement.calibration is not None:
        document["latency"]["calibration"] = measurement.calibration.identity()
    if measurement.macs_audit is not None:
        document["macs_audit"] = measurement.macs_audit.to_dict()
    return document


def _crossing(curve: Curve) -> dict[str, Any]:
    return {
        "config": curve.name,
        "macs_crossing_s": curve.macs_crossing_s,
        "measured_crossing_s": curve.measured_crossing_s,
        "method": "measured_crossing_s: attention's share over the feed-forward's, linear between durations",
    }
