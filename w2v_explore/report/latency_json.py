"""What was measured, for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from w2v_explore.report.curve import Curve, latency_curves
from w2v_explore.report.json import result_document
from w2v_explore.report.prediction import calibration_identity
from w2v_explore.report.result import Measurement, Result
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # importing them would import torch
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.ledger import Ledger
    from w2v_explore.measure.noise import Noise


def latency_document(results: Sequence[Result], depth: int | None = None) -> dict[str, Any]:
    """Every measurement, its layers down to a depth, and for every config where attention outgrows the feed-forward."""
    return {
        "schema_version": SCHEMA_VERSION,
        "measurements": [result_document(result, depth) for result in results],
        "attention_crossings": [_crossing(curve) for curve in latency_curves(results)],
    }


def verdicts_document(results: Sequence[Result]) -> dict[str, Any]:
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
            "confidence": ratio.confidence,
        }
        for name, ratio in ratios
        if ratio is not None
    ]
    return {"verdicts": verdicts} if verdicts else {}


def measurement_document(result: Result, measurement: Measurement) -> dict[str, Any]:
    """The latency of one config and, where it was asked for, the independent count of its MACs."""
    document = {"latency": _latency(result, measurement)}
    if measurement.macs_audit is not None:
        document["macs_audit"] = _macs_audit(measurement.macs_audit)
    return document


def _latency(result: Result, measurement: Measurement) -> dict[str, Any]:
    latency, calibration = measurement.latency, measurement.calibration
    estimate = latency.end_to_end
    document = {
        "method": (
            f"median of {latency.runs} plain forward passes after {latency.warm_up_runs} warm-up passes; the interval "
            "is the percentile bootstrap's, of five passes or fewer their range; layers "
            " from the median of the hooked passes, in turn with the plain ones"
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
            "confidence": estimate.confidence,
            "uncertainty": estimate.uncertainty,
            "target": latency.target,
            "p90_s": estimate.p90_s,
            "p99_s": estimate.p99_s,
        },
        "real_time_factor": result.real_time_factor,
        "audio_seconds_per_second": 1 / result.real_time_factor if result.real_time_factor else None,
        "calibration": calibration_identity(calibration) if calibration else None,
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
