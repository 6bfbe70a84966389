"""What a summary shows of one config: the closed forms, and what was measured beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis

if TYPE_CHECKING:  # importing measure would import torch; the others are needed by few
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.analysis.latency.prediction import Prediction
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.latency import Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What ran on a device: the latency and, where that was asked for, another program's count of the model's MACs.

    A calibration of the device, where there is one, gives the roof.
    """

    latency: Latency
    macs_audit: MacsAudit | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one config."""

    analysis: Analysis
    measurement: Measurement | None = None
    prediction: Prediction | None = None

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of computation for each second of audio; None where nothing was measured."""
        if self.measurement is None:
            return None
        return self.measurement.latency.real_time_factor


def measured_roof_shares(analysis: Analysis, latency: Latency, calibration: Calibration | None) -> dict[str, float]:
    """The share of the roof that each layer achieved, by module path; empty without a calibration."""
    if calibration is None:
        return {}
    from w2v_explore.analysis.latency.roofline import roof_shares

    return roof_shares(
        analysis, calibration.roofs, {path: layer.total.median_s for path, layer in latency.layers.items()}
    )
