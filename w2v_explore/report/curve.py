"""Latency over the duration of the audio: a plot in characters, and where attention outgrows the feed-forward."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from w2v_explore.report.canvas import blank_canvas, canvas_text, legend_lines
from w2v_explore.report.units import duration
from w2v_explore.results.curve import Curve

_ROWS = 20
_INTERVAL, _NOISY = "┃", "!"


class Series(NamedTuple):
    """A line of a plot: its name, a value per duration, and how a terminal draws it."""

    name: str
    values: tuple[float, ...]
    marker: str
    colour: str


def curve_series(curve: Curve) -> list[Series]:
    """What is drawn of a curve, the whole first."""
    drawn = [Series("end to end", curve.end_to_end_s, "●", "default")]
    if curve.parts:
        attention, feed_forward, rest = (tuple(column) for column in zip(*curve.parts, strict=True))
        drawn += [
            Series("attention product", attention, "a", "red"),
            Series("feed-forward", feed_forward, "f", "blue"),
            Series("rest", rest, "r", "green"),
        ]
    return drawn


def describe_intervals(curve: Curve) -> str:
    """What a legend calls the intervals."""
    return "95 % interval of the median" if curve.confident else "range of too few runs for an interval"


def draw_curve(curve: Curve, width: int, *, colour: bool) -> str:
    """The curve in characters, both axes logarithmic; needs plotext.

    Args:
        curve: Two durations or more.
        width: In characters.
        colour: Whether the terminal shows any.
    """
    import plotext

    figure = blank_canvas(width, _ROWS)
    x = [log10(seconds) for seconds in curve.seconds]

    def draw(x: Sequence[float], values: Sequence[float], marker: str, colour: str) -> None:
        points = figure.signal(x, [log10(max(value, 1e-9)) for value in values], marker=plotext.marker(marker, colour))
        points.lines(True)
        figure.draw(points)

    for series in reversed(curve_series(curve)):
        draw(x, series.values, series.marker, series.colour)
    for place, ends in zip(x, curve.intervals_s, strict=True):
        draw([place, place], ends, _INTERVAL, "default")
    for place, value, noisy in zip(x, curve.end_to_end_s, curve.noisy, strict=True):
        draw([place], [value], _NOISY if noisy else "●", "red" if noisy else "default")
    figure.ruler("x").ticks(x, [f"{seconds:g} s" for seconds in curve.seconds])
    drawn_s = [value for series in curve_series(curve) for value in series.values]
    decades = _decades([*drawn_s, *[end for ends in curve.intervals_s for end in ends]])
    figure.ruler("y").ticks(decades, [duration(10.0**power).replace(".00", "").replace(".0", "") for power in decades])
    lines = [line.rstrip() for line in canvas_text(figure, colour=colour).split("\n")]
    legend = [f"{series.marker} {series.name}" for series in curve_series(curve)]
    marks = [f"{_INTERVAL} {describe_intervals(curve)}", *([f"{_NOISY} NOISY: doubtful"] if any(curve.noisy) else [])]
    return "\n".join([*lines, *legend_lines(legend, width), *legend_lines(marks, width)])


def describe_crossing(curve: Curve) -> str:
    """Where attention's product outgrows the feed-forward, by MACs and as measured."""
    if curve.macs_crossing_s is None:
        return "The model has no attention, whose product could outgrow the feed-forward."
    text = f"Attention's product outgrows the feed-forward: in MACs from {curve.macs_crossing_s:.4g} s of audio on"
    if not curve.parts:
        return f"{text}."
    if curve.measured_crossing_s is None:
        return f"{text}; in time, not within the measured durations."
    return f"{text}; in time at about {curve.measured_crossing_s:.3g} s (interpolated)."


def _decades(values: Sequence[float]) -> list[int]:
    """The powers of ten from below the least value to above the greatest."""
    positive = [value for value in values if value > 0]
    return list(range(floor(log10(min(positive))), ceil(log10(max(positive))) + 1))
