"""What a calibration comes to: the shares of the roof that operations reached, and how far predictions are off."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import ceil, exp, log
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # whose document is made of these figures
    from w2v_explore.analysis.latency.calibration import Calibration, Reference

CONFIDENCE = 0.8
"""How often the interval of a prediction is meant to hold what is then measured."""


class KindShares(NamedTuple):
    """The shares of the roof that the operations of one kind reached."""

    kind: str
    operations: int
    least: float
    median: float
    greatest: float


def kind_shares(calibration: Calibration) -> list[KindShares]:
    """The shares of the roof that each kind of operation reached, by kind."""
    by_kind: dict[str, list[float]] = {}
    for sample in calibration.samples:
        least_s = calibration.roofs.least_seconds(sample.macs, sample.bytes)
        by_kind.setdefault(sample.kind, []).append(least_s / sample.seconds)
    return [
        KindShares(kind, len(shares), min(shares), statistics.median(shares), max(shares))
        for kind, shares in sorted(by_kind.items())
    ]


class Interval(NamedTuple):
    """How far predictions were off when each reference was predicted from the others.

    Attributes:
        factor: Measured and predicted differ by no more than this ratio, either way, ...
        within: ... in so many references, ...
        of: ... of so many.
    """

    factor: float
    within: int
    of: int


def find_interval(references: Sequence[Reference]) -> Interval:
    """The interval that holds `CONFIDENCE` of predictions for workloads that the references are typical of.

    Of n errors and a new one from the same source, the new one is as likely to be the smallest as any other rank; so
    the k-th smallest of the n bounds it with probability k / (n + 1) (split conformal prediction, Papadopoulos et al.
    2002). Errors are ratios, the same either way. Too few references give the largest error instead.
    """
    errors = sorted(abs(log(reference.median_s / reference.held_out_s)) for reference in references)
    within = min(len(errors), ceil(CONFIDENCE * (len(errors) + 1)))
    return Interval(exp(errors[within - 1]), within, len(errors))
