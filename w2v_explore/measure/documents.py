"""What was measured, as plain data (docs/json.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.latency.documents import calibration_identity

if TYPE_CHECKING:
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.latency import Latency
    from w2v_explore.measure.ledger import Ledger
    from w2v_explore.measure.noise import Noise


def latency_document(latency: Latency, calibration: Calibration | None = None) -> dict[str, Any]:
    """A measured forward pass, with the calibration of its device where there is one."""
    estimate = latency.end_to_end
    document = {
        "method": (
            f"median of {latency.runs} plain forward passes after {latency.warm_up_runs} warm-up passes; the interval "
            "is the percentile bootstrap's, of five passes or fewer their range; layers from the median of the hooked "
            "passes, in turn with the plain ones"
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
        "real_time_factor": latency.real_time_factor,
        "audio_seconds_per_second": 1 / latency.real_time_factor if latency.real_time_factor else None,
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
                "name": disturbance.criterion.name,
                "reading": disturbance.reading,
                "limit": disturbance.criterion.limit,
                "found": disturbance.found,
                "advice": disturbance.criterion.advice,
            }
            for disturbance in noise.disturbances
        ],
    }


def macs_audit_document(audit: MacsAudit) -> dict[str, Any]:
    """An independent count of the MACs beside ours."""
    return {
        "source": audit.source,
        "agrees": audit.agrees,
        "expected": audit.expected._asdict(),
        "counted": audit.counted._asdict(),
        "uncounted_operations": audit.uncounted,
    }
