"""Predicted latency of many configs at once: what `analysis.latency.prediction` says of each, over arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.latency.calibration import Calibration
from w2v_explore.analysis.latency.prediction import Neighbours, work_between
from w2v_explore.analysis.latency.roofline import Work, trace_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Seconds = NDArray[np.float64]

PREDICTED = "prediction.seconds"
"""What the column is called: where the JSON of ``summary --predict`` has it."""


def works_of(analysis: Analysis) -> list[Work]:
    """Every operation of a pass that takes time, and what lies between them, whose sizes may be formulas."""
    works = trace_work(analysis)
    return [*works, work_between(works)]


class Predictions:
    """The seconds of passes by their works' sizes.

    Args:
        calibration: Of the device.
    """

    def __init__(self, calibration: Calibration) -> None:
        self._roofs = calibration.roofs
        neighbours = Neighbours(calibration.samples, calibration.roofs)
        self._by_kind = {kind: _Points.of(points) for kind, points in neighbours.by_kind.items()}
        self._all = _Points.of(neighbours.all)

    def seconds(self, kinds: Sequence[str], sizes: Sequence[Any], size: int) -> Seconds:
        """The seconds of some passes that have works of the same kinds.

        Args:
            kinds: Of the works.
            sizes: Of one work after the other its MACs, bytes and copies: a number, or an array with one for each pass.
            size: How many passes there are.
        """
        total = np.zeros(size)
        for place, kind in enumerate(kinds):
            macs, size_bytes, copies = [
                np.broadcast_to(np.asarray(each, np.float64), size) for each in sizes[3 * place : 3 * place + 3]
            ]
            total += copies * self._each(kind, macs, size_bytes)
        return total

    def _each(self, kind: str, macs: Seconds, size_bytes: Seconds) -> Seconds:
        points = self._by_kind.get(kind, self._all)
        octaves = np.log2(np.where(macs > 0, macs, 1)), np.log2(size_bytes)
        distances = (octaves[0][:, None] - points.macs) ** 2 + (octaves[1][:, None] - points.bytes) ** 2
        weights = np.exp((distances.min(axis=1, keepdims=True) - distances) / 2)
        slow_down = (weights * points.slow_down).sum(axis=1) / weights.sum(axis=1)
        least = np.maximum(macs / self._roofs.macs_per_s, size_bytes / self._roofs.bytes_per_s)
        found: Seconds = least * np.exp(slow_down)
        return found


class _Points(NamedTuple):
    """Measured operations: logarithms of their sizes and of how many times slower than its roof each is."""

    macs: Seconds
    bytes: Seconds
    slow_down: Seconds

    @classmethod
    def of(cls, points: Sequence[Any]) -> _Points:
        return cls(*[np.array([getattr(point, name) for point in points]) for name in cls._fields])
