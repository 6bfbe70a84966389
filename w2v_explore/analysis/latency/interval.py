"""How far predictions from a calibration are off."""

from collections.abc import Iterable
from math import ceil, exp, log
from typing import NamedTuple

CONFIDENCE = 0.8
"""How often the interval of a prediction is meant to hold what is then measured."""


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

    @property
    def description(self) -> str:
        """How it was obtained."""
        return (
            f"of the calibration's {self.of} forward passes, each predicted from the others, "
            f"{self.within} were off by a factor of at most {self.factor:.3f}."
        )


def find_interval(ratios: Iterable[float]) -> Interval:
    """The interval that holds `CONFIDENCE` of predictions for workloads that some references are typical of.

    Of n errors and a new one from the same source, the new one is as likely to be the smallest as any other rank; so
    the k-th smallest of the n bounds it with probability k / (n + 1) (split conformal prediction, Papadopoulos et al.
    2002). Errors are ratios, the same either way. Too few references give the largest error instead.

    Args:
        ratios: Of each reference, what was measured over what the others predict.
    """
    errors = sorted(abs(log(ratio)) for ratio in ratios)
    within = min(len(errors), ceil(CONFIDENCE * (len(errors) + 1)))
    return Interval(exp(errors[within - 1]), within, len(errors))
