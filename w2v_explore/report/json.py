"""JSON: raw figures in SI units, under names that other programs rely on (docs/json.md)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from w2v_explore.analysis.compare import Comparison
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.report.prediction import calibration_identity, prediction_document
from w2v_explore.report.result import Measurement, Result, measured_roof_shares

SCHEMA_VERSION = 1


def dump(document: object) -> str:
    """Indented JSON; what is not finite would be a defect, so it raises."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def summary_document(results: Sequence[Result]) -> Any:
    """One object for one config, a list of objects for several."""
    documents = [result_document(result) for result in results]
    return documents[0] if len(documents) == 1 else documents


def comparison_document(results: Sequence[Result], comparison: Comparison) -> dict[str, Any]:
    """The configs as `summary_document` has them, and what differs."""
    return {
        "schema_version": SCHEMA_VERSION,
        "identical": comparison.identical,
        "configs": [result_document(result) for result in results],
        "differences": {name: list(values) for name, values in comparison.differences.items()},
        "metrics": {
            name: {"values": list(metric.values), "delta": list(metric.deltas), "ratio": list(metric.ratios)}
            for name, metric in comparison.metrics.items()
        },
    }


def result_document(result: Result) -> dict[str, Any]:
    """Everything about one config."""
    analysis, measurement = result.analysis, result.measurement
    config, workload, field = analysis.config, analysis.workload, analysis.receptive_field
    roof_shares = {}
    if measurement is not None:
        roof_shares = measured_roof_shares(analysis, measurement.latency, measurement.calibration)
    document = {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "family": config.family,
            "description": config.description,
            "source": config.source,
            "published_parameters": config.published_parameters,
            "fields": config.model.to_mapping(),
        },
        "workload": {
            "batch": workload.batch,
            "samples": workload.samples,
            "sample_rate": workload.sample_rate,
            "seconds": workload.seconds,
            "frames": field.frames,
            "dtype": workload.dtype,
        },
        "totals": {
            "parameters": analysis.parameters,
            "macs": analysis.macs.total,
            "macs_by_kind": analysis.macs._asdict(),
            "flops": analysis.flops,
            "parameter_bytes": analysis.parameter_bytes,
            "parameter_bytes_by_dtype": analysis.parameter_bytes_by_dtype,
            "macs_per_audio_second": analysis.macs_per_audio_second,
        },
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
        document["prediction"] = prediction_document(analysis, result.prediction)
    if measurement is not None:
        document["latency"] = _latency(result, measurement)
        document["macs_audit"] = _macs_audit(measurement)
    return document


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
    if measurement is not None:
        measured = measurement.latency.layers[row.path]
        layer["latency"] = {
            "self_median_s": measured.own.median_s,
            "self_iqr_s": measured.own.iqr_s,
            "total_median_s": measured.total.median_s,
            "total_iqr_s": measured.total.iqr_s,
        }
        if measurement.calibration is not None:
            layer["latency"]["roof_share"] = roof_shares.get(row.path)
    return layer


def _latency(result: Result, measurement: Measurement) -> dict[str, Any]:
    latency = measurement.latency
    calibration = measurement.calibration
    return {
        "method": (
            f"median of {latency.runs} forward passes after {latency.warm_up_runs} warm-up passes; "
            "layers from as many hooked passes, in turn with the plain ones"
        ),
        "device": latency.device,
        "device_name": latency.device_name,
        "dtype": latency.dtype,
        "threads": latency.threads,
        "torch_version": latency.torch_version,
        "runs": latency.runs,
        "warm_up_runs": latency.warm_up_runs,
        "end_to_end": {"median_s": latency.end_to_end.median_s, "iqr_s": latency.end_to_end.iqr_s},
        "hooked": {"median_s": latency.hooked.median_s, "iqr_s": latency.hooked.iqr_s},
        "unattributed_s": latency.unattributed_s,
        "real_time_factor": result.real_time_factor,
        "calibration": calibration_identity(calibration) if calibration else None,
    }


def _macs_audit(measurement: Measurement) -> dict[str, Any]:
    audit = measurement.macs_audit
    return {
        "source": audit.source,
        "agrees": audit.agrees,
        "expected": audit.expected._asdict(),
        "counted": audit.counted._asdict(),
        "uncounted_operations": audit.uncounted,
    }
