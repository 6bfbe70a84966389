"""What repeated measurements say: medians, their intervals, and the ratio of two."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

# MLPerf Inference (Reddi et al. 2020, arXiv 1911.02549): fewer samples say nothing of the tail.
P90_RUNS = 64
P99_RUNS = 662

SAME_WITHIN = 0.01
"""Latencies that differ by less than this share are the same for any use."""

CONFIDENCE = 0.95
"""With which an interval holds the true median, from six measurements on."""

# Both ends of the sample lie on one side of the true median with a probability of 2 / 2^n: of five or fewer
# measurements not even the whole range holds it with 95 %.
_LEAST_FOR_INTERVAL = 6

_RESAMPLES = 2_000
_CHUNK_ELEMENTS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The spread of a repeated measurement, in seconds."""

    median_s: float
    iqr_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A repeated measurement and how sure its median is, in seconds.

    Attributes:
        median_s: The median.
        iqr_s: Interquartile range.
        low_s: Lower end of the median's interval: the bootstrap's, or of five or fewer the least measurement.
        high_s: Upper end.
        p90_s: The 90th percentile; None from fewer than 64 measurements.
        p99_s: The 99th; None from fewer than 662.
        confidence: With which the interval holds the true median: 0.95, or less from five measurements or fewer.
    """

    median_s: float
    iqr_s: float
    low_s: float
    high_s: float
    p90_s: float | None
    p99_s: float | None
    confidence: float = CONFIDENCE

    @property
    def uncertainty(self) -> float:
        """How far the interval reaches from the median, as a share of it."""
        return max(self.high_s - self.median_s, self.median_s - self.low_s) / self.median_s


class Verdict(str, Enum):
    """What a ratio of latencies says of the second."""

    FAST = "FAST"
    SLOW = "SLOW"
    SAME = "SAME"
    AMBIGUOUS = "AMBIGUOUS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One latency over another, from measurements that took turns.

    Attributes:
        ratio: Above 1 where the second is slower.
        low: Lower end of its interval.
        high: Upper end.
        confidence: With which the interval holds the true ratio: 0.95, or less from five turns or fewer.
    """

    ratio: float
    low: float
    high: float
    confidence: float = CONFIDENCE

    @property
    def verdict(self) -> Verdict:
        """FAST or SLOW where the whole interval lies beyond 1 ± 1 %, SAME where it lies within, else AMBIGUOUS.

        Always AMBIGUOUS from so few turns that there is no 95 % interval.
        """
        if self.confidence < CONFIDENCE:
            return Verdict.AMBIGUOUS
        if self.low > 1 + SAME_WITHIN:
            return Verdict.SLOW
        if self.high < 1 - SAME_WITHIN:
            return Verdict.FAST
        if self.low >= 1 - SAME_WITHIN and self.high <= 1 + SAME_WITHIN:
            return Verdict.SAME
        return Verdict.AMBIGUOUS


def summarize(nanoseconds: Sequence[int]) -> Timing:
    """Median and interquartile range (0 for a single value)."""
    if len(nanoseconds) == 1:
        return Timing(median_s=nanoseconds[0] / 1e9, iqr_s=0.0)
    lower, median, upper = statistics.quantiles(nanoseconds, n=4, method="inclusive")
    return Timing(median_s=median / 1e9, iqr_s=(upper - lower) / 1e9)


def estimate(nanoseconds: Sequence[int]) -> Estimate:
    """The median with its bootstrap interval, and the percentiles that so many measurements can tell."""
    timing, runs = summarize(nanoseconds), len(nanoseconds)
    low, high, confidence = _median_interval(torch.tensor(nanoseconds, dtype=torch.float64))
    return Estimate(
        median_s=timing.median_s,
        iqr_s=timing.iqr_s,
        low_s=low / 1e9,
        high_s=high / 1e9,
        p90_s=_percentile(nanoseconds, 90) if runs >= P90_RUNS else None,
        p99_s=_percentile(nanoseconds, 99) if runs >= P99_RUNS else None,
        confidence=confidence,
    )


def ratio_in_turns(first: Sequence[int], second: Sequence[int]) -> Ratio:
    """The median, over the turns, of the second's time over the first's; each turn measured both, one after the other.

    It is the ratio of the medians once each turn is scaled to its own level: a machine that is slower for some turns is
    so for both, and the interval does not widen by it.
    """
    turns = torch.tensor(second, dtype=torch.float64) / torch.tensor(first, dtype=torch.float64)
    low, high, confidence = _median_interval(turns)
    return Ratio(ratio=statistics.median(turns.tolist()), low=low, high=high, confidence=confidence)


def _median_interval(sample: Tensor) -> tuple[float, float, float]:
    """The ends of the median's interval, and the confidence: the bootstrap's, or the range of a few measurements."""
    if len(sample) < _LEAST_FOR_INTERVAL:
        return float(sample.min()), float(sample.max()), 1 - 2.0 ** (1 - len(sample))
    low, high = _interval(_resampled_medians(sample[:, None])[:, 0])
    return low, high, CONFIDENCE


def _resampled_medians(samples: Tensor) -> Tensor:
    """(runs, columns) → the columns' medians in each of many resamples of the rows, (resamples, columns).

    The percentile bootstrap of Efron (1979); the same samples always give the same figures.
    """
    return torch.cat(list(_resampled_chunks(samples)))


def _resampled_chunks(samples: Tensor) -> Iterator[Tensor]:
    runs, columns = samples.shape
    generator = torch.Generator().manual_seed(0)
    size = max(1, _CHUNK_ELEMENTS // (runs * columns))
    for start in range(0, _RESAMPLES, size):
        rows = torch.randint(runs, (min(size, _RESAMPLES - start), runs), generator=generator)
        ordered = samples[rows].sort(dim=1).values
        yield (ordered[:, (runs - 1) // 2] + ordered[:, runs // 2]) / 2


def _interval(resampled: Tensor) -> tuple[float, float]:
    low, high = torch.quantile(resampled, torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return low, high


def _percentile(nanoseconds: Sequence[int], percent: int) -> float:
    return statistics.quantiles(nanoseconds, n=100, method="inclusive")[percent - 1] / 1e9
