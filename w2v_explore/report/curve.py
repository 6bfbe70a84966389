"""Latency over the duration of the audio: its parts, where attention outgrows the feed-forward, a terminal's plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.crossing import macs_crossing_samples, measured_crossing_s
from w2v_explore.report.result import Result
from w2v_explore.report.units import duration

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.latency import Latency

# That of measure.statistics, whose import would be torch's.
CONFIDENCE = 0.95
_ROWS = 20
_INTERVAL, _NOISY = "┃", "!"
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
        end_to_end_s: The headline at each.
        intervals_s: The ends of its interval at each.
        confident: Whether all of them are 95 % intervals, and none is the range of a few runs.
        noisy: Whether something disturbed the measurement at each.
        parts: What the hooked passes say at each; empty for a compiled model.
        macs_crossing_s: The duration from which on attention's products take more MACs than the feed-forward; exact.
        measured_crossing_s: The same of the time they take, interpolated; None where it is not within the durations.
    """

    name: str
    seconds: tuple[float, ...]
    end_to_end_s: tuple[float, ...]
    intervals_s: tuple[tuple[float, float], ...]
    confident: bool
    noisy: tuple[bool, ...]
    parts: tuple[Parts, ...]
    macs_crossing_s: float
    measured_crossing_s: float | None

    @property
    def intervals_name(self) -> str:
        """What a legend calls the intervals."""
        return "95 % interval of the median" if self.confident else "range of too few runs for an interval"

    def series(self) -> list[Series]:
        """What is drawn, the whole first."""
        drawn = [Series("end to end", self.end_to_end_s, "●", "default")]
        if self.parts:
            attention, feed_forward, rest = (tuple(column) for column in zip(*self.parts, strict=True))
            drawn += [
                Series("attention product", attention, "a", "red"),
                Series("feed-forward", feed_forward, "f", "blue"),
                Series("rest", rest, "r", "green"),
            ]
        return drawn


class Series(NamedTuple):
    """A line of a plot: its name, a value per duration, and how a terminal draws it."""

    name: str
    values: tuple[float, ...]
    marker: str
    colour: str


def latency_curves(results: Sequence[Result]) -> list[Curve]:
    """A curve for each config, from measured results of which those of one config stand together."""
    return [_curve(list(same)) for _, same in groupby(results, key=lambda result: id(result.analysis.config))]


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


def draw_curve(curve: Curve, width: int, *, colour: bool) -> str:
    """The curve in characters, both axes logarithmic; needs plotext.

    Args:
        curve: Two durations or more.
        width: In characters.
        colour: Whether the terminal shows any.
    """
    import plotext

    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(width, _ROWS)
    figure.theme("colorless")
    figure.legend(False)
    x = [log10(seconds) for seconds in curve.seconds]

    def draw(x: Sequence[float], values: Sequence[float], marker: str, colour: str) -> None:
        points = figure.signal(x, [log10(max(value, 1e-9)) for value in values], marker=plotext.marker(marker, colour))
        points.lines(True)
        figure.draw(points)

    for series in reversed(curve.series()):
        draw(x, series.values, series.marker, series.colour)
    for place, ends in zip(x, curve.intervals_s, strict=True):
        draw([place, place], ends, _INTERVAL, "default")
    for place, value, noisy in zip(x, curve.end_to_end_s, curve.noisy, strict=True):
        draw([place], [value], _NOISY if noisy else "●", "red" if noisy else "default")
    figure.ruler("x").ticks(x, [f"{seconds:g} s" for seconds in curve.seconds])
    drawn_s = [value for series in curve.series() for value in series.values]
    decades = _decades([*drawn_s, *[end for ends in curve.intervals_s for end in ends]])
    figure.ruler("y").ticks(decades, [duration(10.0**power).replace(".00", "").replace(".0", "") for power in decades])
    drawn: str = figure.build().string(colorless=not colour)
    lines = [line.rstrip() for line in drawn.rstrip("\n").split("\n")]
    legend = [f"{series.marker} {series.name}" for series in curve.series()]
    marks = [f"{_INTERVAL} {curve.intervals_name}", *([f"{_NOISY} NOISY: doubtful"] if any(curve.noisy) else [])]
    return "\n".join([*lines, *_join(legend, width), *_join(marks, width)])


def _join(entries: Sequence[str], width: int) -> list[str]:
    """The entries of a legend in lines of at most a width."""
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + 3 + len(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines.append(entry)
    return lines


def describe_crossing(curve: Curve) -> str:
    """Where attention's product outgrows the feed-forward, by MACs and as measured."""
    text = f"Attention's product outgrows the feed-forward: in MACs from {curve.macs_crossing_s:.4g} s of audio on"
    if not curve.parts:
        return f"{text}."
    if curve.measured_crossing_s is None:
        return f"{text}; in time, not within the measured durations."
    return f"{text}; in time at about {curve.measured_crossing_s:.3g} s (interpolated)."


def _curve(results: Sequence[Result]) -> Curve:
    results = sorted(results, key=lambda result: result.analysis.workload.samples)
    config = results[0].analysis.config
    seconds = tuple(result.analysis.workload.seconds for result in results)
    parts = tuple(each for each in map(latency_parts, results) if each is not None)
    crossing = None
    if parts:
        attention, feed_forward, _ = zip(*parts, strict=True)
        crossing = measured_crossing_s(seconds, attention, feed_forward)
    return Curve(
        name=config.name,
        seconds=seconds,
        end_to_end_s=tuple(_latency(result).end_to_end.median_s for result in results),
        confident=all(_latency(result).end_to_end.confidence >= CONFIDENCE for result in results),
        intervals_s=tuple((each.low_s, each.high_s) for each in (_latency(result).end_to_end for result in results)),
        noisy=tuple(_latency(result).noise.noisy for result in results),
        parts=parts,
        macs_crossing_s=macs_crossing_samples(results[0].analysis) / config.sample_rate,
        measured_crossing_s=crossing,
    )


def _latency(result: Result) -> Latency:
    assert result.measurement is not None
    return result.measurement.latency


def _decades(values: Sequence[float]) -> list[int]:
    """The powers of ten from below the least value to above the greatest."""
    positive = [value for value in values if value > 0]
    return list(range(floor(log10(min(positive))), ceil(log10(max(positive))) + 1))
