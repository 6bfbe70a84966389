"""JSON: raw figures in SI units, under names that other programs rely on (docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.analysis.identify import identify
from w2v_explore.analysis.memory import inference_memory
from w2v_explore.analysis.training import training_cost
from w2v_explore.encoding import dump_json
from w2v_explore.report.result import Result, measured_roof_shares
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # what each document is made of, its command imports; measure would import torch
    from w2v_explore.analysis.attribution import Contribution
    from w2v_explore.analysis.baseline import Baseline
    from w2v_explore.analysis.compare import Comparison
    from w2v_explore.analysis.identify import Nearest
    from w2v_explore.config.load import Config


def dump(document: object) -> str:
    """Indented JSON, valid whatever the encoding; what is not finite would be a defect, so it raises."""
    return dump_json(document)


def summary_document(results: Sequence[Result], changes: Sequence[Comparison] = ()) -> Any:
    """One object for one config, a list of objects for several.

    Args:
        results: The configs' figures.
        changes: Each of them against a baseline; empty where there is none.
    """
    documents = [result_document(result) for result in results]
    for document, change in zip(documents, changes, strict=False):
        document["baseline"] = _baseline(change.baseline)
        document["change"] = _metrics(change)
    return documents[0] if len(documents) == 1 else documents


def comparison_document(results: Sequence[Result], comparison: Comparison) -> dict[str, Any]:
    """The configs as `summary_document` has them, and what differs."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "identical": comparison.identical,
        "baseline": _baseline(comparison.baseline),
        "configs": [result_document(result) for result in results],
        "differences": {name: list(values) for name, values in comparison.differences.items()},
        "metrics": _metrics(comparison),
        "attributions": [_attribution(contributions) for contributions in comparison.attributions],
    }
    if results[0].measurement is not None:
        from w2v_explore.report.latency_json import verdicts_document

        document |= verdicts_document(results)
    return document


def _metrics(comparison: Comparison) -> dict[str, Any]:
    return {
        name: {"values": list(metric.values), "delta": list(metric.deltas), "ratio": list(metric.ratios)}
        for name, metric in comparison.metrics.items()
    }


def _baseline(baseline: Baseline | None) -> dict[str, Any] | None:
    if baseline is None:
        return None
    return {"path": baseline.path, "name": baseline.name, "measured_on": baseline.measured_on}


def _attribution(contributions: Sequence[Contribution]) -> dict[str, Any]:
    from w2v_explore.analysis.attribution import METHOD

    return {
        "method": METHOD,
        "contributions": [
            {
                "fields": list(fields),
                "metrics": {
                    name: value.numerator if value.denominator == 1 else float(value) for name, value in figures.items()
                },
            }
            for fields, figures in contributions
        ],
    }


def identity_document(found: Sequence[tuple[Config, Nearest]]) -> Any:
    """The preset that each config is nearest to: one object for one config, a list of objects for several."""
    documents = [
        {
            "schema_version": SCHEMA_VERSION,
            "config": {"name": config.name, "origin": config.origin, "not_counted": list(config.not_counted)},
            "nearest_preset": nearest_document(nearest),
        }
        for config, nearest in found
    ]
    return documents[0] if len(documents) == 1 else documents


def nearest_document(nearest: Nearest) -> dict[str, Any]:
    """The preset, all that the config equals, and the fields that differ."""
    return {
        "name": nearest.preset,
        "equals": list(nearest.equals),
        "differences": {
            field: {"config": own, "preset": preset} for field, (own, preset) in nearest.differences.items()
        },
    }


def result_document(result: Result) -> dict[str, Any]:
    """Everything about one config."""
    analysis, measurement = result.analysis, result.measurement
    workload, field = analysis.workload, analysis.receptive_field
    roof_shares = {}
    if measurement is not None:
        roof_shares = measured_roof_shares(analysis, measurement.latency, measurement.calibration)
    document = {
        **subject(analysis),
        "nearest_preset": nearest_document(identify(analysis.config.model, analysis.config.not_counted)),
        "totals": {
            "parameters": analysis.parameters,
            "macs": analysis.macs.total,
            "macs_by_kind": analysis.macs._asdict(),
            "flops": analysis.flops,
            "parameter_bytes": analysis.parameter_bytes,
            "parameter_bytes_by_dtype": analysis.parameter_bytes_by_dtype,
            "macs_per_audio_second": analysis.macs_per_audio_second,
        },
        **_memory(analysis),
        "extractor": {
            "receptive_field_samples": field.receptive_field_samples,
            "stride_samples": field.stride_samples,
            "minimum_samples": field.minimum_samples,
            "frame_rate_hz": field.frame_rate_hz(workload.sample_rate),
            "normalizes_over_utterance": field.normalizes_over_utterance,
            "layers": [layer._asdict() for layer in field.layers],
        },
        "positional_convolution": {"span_samples": field.positional_span_samples},
        "layers": [_layer(row, result, roof_shares) for row in unfold(analysis.layers)],
    }
    if result.prediction is not None:
        from w2v_explore.report.prediction import prediction_document

        document["prediction"] = prediction_document(analysis, result.prediction)
    if measurement is not None:
        # Imported only where something was measured.
        from w2v_explore.report.latency_json import measurement_document

        document |= measurement_document(result, measurement)
    return document


def subject(analysis: Analysis) -> dict[str, Any]:
    """What every document on a config starts with."""
    config, workload = analysis.config, analysis.workload
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "family": config.family,
            "description": config.description,
            "source": config.source,
            "published_parameters": config.published_parameters,
            "sample_rate": config.sample_rate,
            "sample_rate_source": config.sample_rate_source,
            "not_counted": list(config.not_counted),
            "fields": config.model.to_mapping(),
        },
        "workload": {
            "batch": workload.batch,
            "samples": workload.samples,
            "sample_rate": workload.sample_rate,
            "seconds": workload.seconds,
            "frames": analysis.receptive_field.frames,
            "dtype": workload.dtype,
        },
    }


def _memory(analysis: Analysis) -> dict[str, Any]:
    inference = inference_memory(analysis.architecture, analysis.workload)
    training = training_cost(analysis)
    return {
        "memory": {
            "peak_activation_bytes": inference.peak_activation_bytes,
            "peak_path": inference.peak_path,
            "inference_bytes": inference.total_bytes,
            "kept_bytes": training.kept_bytes.greatest,
            "training_bytes": training.total_bytes(checkpointing=False),
        },
        "training": {"recipe": training.recipe.name, "expected_macs": training.macs.expected},
    }


def _layer(row: LayerFigures, result: Result, roof_shares: Mapping[str, float]) -> dict[str, Any]:
    layer: dict[str, Any] = {
        "path": row.path,
        "kind": row.kind,
        "depth": row.depth,
        "parameters": row.parameters,
        "macs": row.macs.total,
        "output_shape": list(row.output_shape),
    }
    if result.prediction is not None:
        layer["predicted_s"] = result.prediction.layer_seconds(result.analysis, row.path)
    measurement = result.measurement
    if measurement is not None and row.path in measurement.latency.layers:
        measured = measurement.latency.layers[row.path]
        layer["latency"] = {
            "self_ns": measured.own_ns,
            "total_ns": measured.total_ns,
            "self_median_s": measured.own.median_s,
            "self_iqr_s": measured.own.iqr_s,
            "total_median_s": measured.total.median_s,
            "total_iqr_s": measured.total.iqr_s,
        }
        if measurement.calibration is not None:
            layer["latency"]["roof_share"] = roof_shares.get(row.path)
    return layer
