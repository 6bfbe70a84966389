"""Latency over the duration of the audio: its parts, and where attention outgrows the feed-forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.crossing import macs_crossing_samples, measured_crossing_s
from w2v_explore.results.result import Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.latency import Latency

# That of measure.statistics, whose import would be torch's.
CONFIDENCE = 0.95
_ATTENTION, _FEED_FORWARD = "ScaledDotProductAttention", "FeedForward"


class Parts(NamedTuple):
    """Where the reported hooked pass's time went, in seconds.

    Attributes:
        attention_s: Attention's products, without the projections around them.
        feed_forward_s: The feed-forward modules.
        rest_s: Everything else.
    """

    attention_s: float
    feed_forward_s: float
    rest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One config at several durations, the shortest first.

    Attributes:
        name: The config's.
        seconds: Durations of an utterance.
        end_to_end_s: The headline at each duration.
        intervals_s: The ends of the headline's interval at each duration.
        confident: Whether every interval is a 95 % interval, and none is the range of a few runs.
        noisy: Whether something disturbed the measurement at each duration.
        parts: What the hooked passes say at each duration; empty for a compiled model.
        macs_crossing_s: The duration from which on attention's products take more MACs than the feed-forward; exact.
            None of a model without attention.
        measured_crossing_s: The duration from which on the products take more time, interpolated; None where it is not
            within the durations.
    """

    name: str
    seconds: tuple[float, ...]
    end_to_end_s: tuple[float, ...]
    intervals_s: tuple[tuple[float, float], ...]
    confident: bool
    noisy: tuple[bool, ...]
    parts: tuple[Parts, ...]
    macs_crossing_s: float | None
    measured_crossing_s: float | None


def latency_curves(results: Sequence[Result]) -> list[Curve]:
    """A curve for each config, from measured results in which all of a config stand together."""
    return [_curve(list(group)) for _, group in groupby(results, key=lambda result: id(result.analysis.config))]


def latency_parts(result: Result) -> Parts | None:
    """Attention, feed-forward and the rest in the reported hooked pass; None where there is none."""
    ledger = _latency(result).ledger
    if ledger is None:
        return None
    total_ns = dict.fromkeys((_ATTENTION, _FEED_FORWARD), 0)
    for row in unfold(result.analysis.layers):
        if row.kind in total_ns:
            total_ns[row.kind] += ledger.layers[row.path].total_ns
    attention, feed_forward = total_ns[_ATTENTION], total_ns[_FEED_FORWARD]
    return Parts(attention / 1e9, feed_forward / 1e9, (ledger.end_to_end_ns - attention - feed_forward) / 1e9)


def _curve(results: Sequence[Result]) -> Curve:
    results = sorted(results, key=lambda result: result.analysis.workload.samples)
    config = results[0].analysis.config
    seconds = tuple(result.analysis.workload.seconds for result in results)
    parts = tuple(each for each in map(latency_parts, results) if each is not None)
    crossing = None
    if parts:
        attention, feed_forward, _ = zip(*parts, strict=True)
        crossing = measured_crossing_s(seconds, attention, feed_forward)
    crossing_samples = macs_crossing_samples(results[0].analysis)
    return Curve(
        name=config.name,
        seconds=seconds,
        end_to_end_s=tuple(_latency(result).end_to_end.median_s for result in results),
        confident=all(_latency(result).end_to_end.confidence >= CONFIDENCE for result in results),
        intervals_s=tuple((each.low_s, each.high_s) for each in (_latency(result).end_to_end for result in results)),
        noisy=tuple(_latency(result).noise.noisy for result in results),
        parts=parts,
        macs_crossing_s=None if crossing_samples is None else crossing_samples / config.sample_rate,
        measured_crossing_s=crossing,
    )


def _latency(result: Result) -> Latency:
    assert result.measurement is not None
    return result.measurement.latency
