"""JSON: raw figures in SI units, under names that other programs rely on (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compare import Comparison
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.report.curve import Curve, latency_curves
from w2v_explore.report.result import Measurement, Result

if TYPE_CHECKING:  # importing them would import torch
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.latency import Latency
    from w2v_explore.measure.ledger import Ledger
    from w2v_explore.measure.noise import Noise

SCHEMA_VERSION = 1


def dump(document: object) -> str:
    """Indented JSON; what is not finite would be a defect, so it raises."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def summary_document(results: Sequence[Result]) -> Any:
    """One object for one config, a list of objects for several."""
    documents = [result_document(result) for result in results]
    return documents[0] if len(documents) == 1 else documents


def latency_document(results: Sequence[Result]) -> dict[str, Any]:
    """Every measurement, and for every config where attention outgrows the feed-forward."""
    return {
        "schema_version": SCHEMA_VERSION,
        "measurements": [result_document(result) for result in results],
        "attention_crossings": [_crossing(curve) for curve in latency_curves(results)],
    }


def comparison_document(results: Sequence[Result], comparison: Comparison) -> dict[str, Any]:
    """The configs as `summary_document` has them, and what differs."""
    return {
        "schema_version": SCHEMA_VERSION,
        **_verdicts(results),
        "identical": comparison.identical,
        "configs": [result_document(result) for result in results],
        "differences": {name: list(values) for name, values in comparison.differences.items()},
        "metrics": {
            name: {"values": list(metric.values), "delta": list(metric.deltas), "ratio": list(metric.ratios)}
            for name, metric in comparison.metrics.items()
        },
    }


def _verdicts(results: Sequence[Result]) -> dict[str, Any]:
    """What was measured of each config against the first, in turns with it; nothing where nothing was."""
    ratios = [
        (result.analysis.config.name, result.measurement.latency.against_first)
        for result in results[1:]
        if result.measurement
    ]
    verdicts = [
        {
            "config": name,
            "verdict": ratio.verdict.value,
            "ratio": ratio.ratio,
            "ratio_low": ratio.low,
            "ratio_high": ratio.high,
        }
        for name, ratio in ratios
        if ratio is not None
    ]
    return {"verdicts": verdicts} if verdicts else {}


def result_document(result: Result) -> dict[str, Any]:
    """Everything about one config."""
    analysis, measurement = result.analysis, result.measurement
    config, workload, field = analysis.config, analysis.workload, analysis.receptive_field
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
        "layers": [_layer(row, measurement) for row in unfold(analysis.layers)],
    }
    if measurement is not None:
        document["latency"] = _latency(result, measurement.latency)
        if measurement.macs_audit is not None:
            document["macs_audit"] = _macs_audit(measurement.macs_audit)
    return document


def _layer(row: LayerFigures, measurement: Measurement | None) -> dict[str, Any]:
    layer = {
        "path": row.path,
        "kind": row.kind,
        "depth": row.depth,
        "parameters": row.parameters,
        "macs": row.macs.total,
        "output_shape": list(row.output_shape),
    }
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
    return layer


def _latency(result: Result, latency: Latency) -> dict[str, Any]:
    estimate = latency.end_to_end
    document = {
        "method": (
            f"median of {latency.runs} plain forward passes after {latency.warm_up_runs} warm-up passes; the interval "
            "is the percentile bootstrap's; layers from the median of the hooked passes, in turn with the plain ones"
        ),
        "device": latency.device,
        "device_name": latency.device_name,
        "dtype": latency.dtype,
        "threads": latency.threads,
        "torch_version": latency.torch_version,
        "compiled": latency.compile_s is not None,
        "compile_s": latency.compile_s,
        "runs": latency.runs,
        "warm_up_runs": latency.warm_up_runs,
        "end_to_end": {
            "median_s": estimate.median_s,
            "iqr_s": estimate.iqr_s,
            "low_s": estimate.low_s,
            "high_s": estimate.high_s,
            "uncertainty": estimate.uncertainty,
            "target": latency.target,
            "p90_s": estimate.p90_s,
            "p99_s": estimate.p99_s,
        },
        "real_time_factor": result.real_time_factor,
        "audio_seconds_per_second": 1 / result.real_time_factor if result.real_time_factor else None,
    }
    if latency.ledger is not None:
        document |= _ledger(latency.ledger)
    return document | {"noise": _noise(latency.noise)}


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {
        "hooked": {"median_s": ledger.hooked.median_s, "iqr_s": ledger.hooked.iqr_s, "runs": ledger.passes},
        "unattributed_s": ledger.unattributed_ns / 1e9,
        "ledger": {
            "end_to_end_ns": ledger.end_to_end_ns,
            "unattributed_ns": ledger.unattributed_ns,
            "unattributed_share": ledger.unattributed_share,
            "hooked_over_plain": ledger.ratio.ratio,
            "hooked_over_plain_low": ledger.ratio.low,
            "hooked_over_plain_high": ledger.ratio.high,
        },
    }


def _noise(noise: Noise) -> dict[str, Any]:
    return {
        "noisy": noise.noisy,
        "readings": asdict(noise.readings),
        "disturbances": [
            {
                "name": disturbance.check.name,
                "reading": disturbance.reading,
                "limit": disturbance.check.limit,
                "found": disturbance.found,
                "advice": disturbance.check.advice,
            }
            for disturbance in noise.disturbances
        ],
    }


def _crossing(curve: Curve) -> dict[str, Any]:
    return {
        "config": curve.name,
        "macs_crossing_s": curve.macs_crossing_s,
        "measured_crossing_s": curve.measured_crossing_s,
        "method": "measured_crossing_s: attention's share over the feed-forward's, linear between durations",
    }


def _macs_audit(audit: MacsAudit) -> dict[str, Any]:
    return {
        "source": audit.source,
        "agrees": audit.agrees,
        "expected": audit.expected._asdict(),
        "counted": audit.counted._asdict(),
        "uncounted_operations": audit.uncounted,
    }
