"""What `calibrate` and `--predict` say, as plain data (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.latency.calibration_figures import CONFIDENCE, Interval, find_interval, kind_shares
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which import this module
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.analysis.latency.prediction import Prediction


def prediction_document(prediction: Prediction) -> dict[str, Any]:
    """A predicted forward pass."""
    calibration, interval = prediction.calibration, prediction.interval
    return {
        "method": (
            "each operation at the share of the roof that calibrated operations of its kind and size reached; "
            f"interval: {describe_interval(interval)}"
        ),
        "seconds": prediction.seconds,
        "low_s": prediction.low_s,
        "high_s": prediction.high_s,
        "interval": interval._asdict(),
        "real_time_factor": prediction.real_time_factor,
        "unattributed_s": prediction.unattributed_s,
        "beyond_share": prediction.beyond_share,
        "calibration": calibration_identity(calibration),
    }


def calibration_identity(calibration: Calibration) -> dict[str, Any]:
    """What a calibration holds for, when it was made, and its two roofs."""
    return {
        "device": calibration.device,
        "device_name": calibration.device_name,
        "dtype": calibration.dtype,
        "threads": calibration.threads,
        "torch_version": calibration.torch_version,
        "created": calibration.created,
        "noisy": bool(calibration.noise),
        "noise": [mark._asdict() for mark in calibration.noise],
        "macs_per_s": calibration.roofs.macs_per_s,
        "bytes_per_s": calibration.roofs.bytes_per_s,
    }


def calibration_document(calibration: Calibration) -> dict[str, Any]:
    """A calibration: what it holds for, and how far predictions from it may be off."""
    interval = find_interval(calibration.references)
    return {
        "schema_version": SCHEMA_VERSION,
        "calibration": calibration_identity(calibration),
        "path": str(calibration.path),
        "method": (
            "roofs: the fastest of a few runs; operations: medians of hooked passes; interval: "
            f"{describe_interval(interval)}"
        ),
        "interval": {**interval._asdict(), "confidence": CONFIDENCE},
        "operations": [shares._asdict() for shares in kind_shares(calibration)],
        "references": [reference._asdict() for reference in calibration.references],
    }


def describe_interval(interval: Interval) -> str:
    """How the interval was obtained."""
    return (
        f"of the calibration's {interval.of} forward passes, each predicted from the others, "
        f"{interval.within} were off by a factor of at most {interval.factor:.3f}."
    )
