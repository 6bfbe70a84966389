"""What a summary shows of one config: the closed forms, and what was measured beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.latency import Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What ran on a device: the latency and, where that was asked for, another program's count of the model's MACs."""

    latency: Latency
    macs_audit: MacsAudit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The figures of one config."""

    analysis: Analysis
    measurement: Measurement | None = None

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of computation for each second of audio; None where nothing was measured."""
        if self.measurement is None:
            return None
        return self.measurement.latency.end_to_end.median_s / self.analysis.workload.audio_seconds
