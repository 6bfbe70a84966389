"""JSON: results as plain data (`to_dict`), with what was predicted and measured beside them (docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.encoding import dump_json
from w2v_explore.report.result import Measurement, Result, measured_roof_shares

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.compare import Comparison


def dump(document: object) -> str:
    """Indented JSON, valid whatever the encoding; what is not finite would be a defect, so it raises."""
    return dump_json(document)


def one_or_list(documents: Sequence[dict[str, Any]]) -> Any:
    """One object for one config, a list of objects for several."""
    return documents[0] if len(documents) == 1 else list(documents)


def summary_document(results: Sequence[Result], changes: Sequence[Comparison] = (), depth: int | None = None) -> Any:
    """One object for one config, a list of objects for several.

    Args:
        results: The configs' figures.
        changes: Each of them against a baseline; empty where there is none.
        depth: Levels of modules among the layers; None for all.
    """
    documents = [result_document(result, depth) for result in results]
    if changes:
        from w2v_explore.analysis.comparing.documents import baseline_document, metrics_document

        for document, change in zip(documents, changes, strict=True):
            document["baseline"] = baseline_document(change.baseline)
            document["change"] = metrics_document(change)
    return one_or_list(documents)


def comparison_document(results: Sequence[Result], comparison: Comparison, depth: int | None = None) -> dict[str, Any]:
    """The configs as `summary_document` has them, and what differs; with a depth, every module down to it too."""
    document = comparison.to_dict(depth)
    if results[0].measurement is not None:
        from w2v_explore.report.latency_json import verdicts_document

        document |= {"configs": [result_document(result, depth) for result in results]} | verdicts_document(results)
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
        from w2v_explore.report.latency_json import measurement_document

        roof_shares = measured_roof_shares(analysis, measurement.latency, measurement.calibration)
        for layer in document["layers"]:
            if layer["path"] in measurement.latency.layers:
                layer["latency"] = _layer_latency(layer["path"], measurement, roof_shares)
        document |= measurement_document(measurement)
    return document


def _layer_latency(path: str, measurement: Measurement, roof_shares: Mapping[str, float]) -> dict[str, Any]:
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
        document["roof_share"] = roof_shares.get(path)
    return document
