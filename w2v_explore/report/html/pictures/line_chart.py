"""Curves over the duration of the audio, each with its name at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from w2v_explore.report.html.markup import element
from w2v_explore.report.html.pictures.axes import (
    WIDTH,
    Axis,
    axis_over,
    draw_axes,
    picture,
    room_left_of,
    said,
    spread_out,
    width_of,
    words_at,
)
from w2v_explore.report.units import short

_HEIGHT, _TOP, _BOTTOM, _LEFT = 324, 54, 42, 63
# Beside its colour a line is told from others by how it is broken.
_DASHES = (None, "7 3", "2 3", "9 3 2 3", "4 4")


class Line(NamedTuple):
    """A curve.

    Attributes:
        name: What it shows.
        values: One for each duration, all positive.
        number: Of its colour, from 0 on, which is the text's own.
    """

    name: str
    values: Sequence[float]
    number: int


class Mark(NamedTuple):
    """A duration that is marked.

    Attributes:
        seconds: The duration.
        words: What it is.
    """

    seconds: float
    words: str


class Interval(NamedTuple):
    """How far off a value of the first curve may be.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        is_doubtful: Whether something disturbed the measurement.
    """

    low: float
    high: float
    is_doubtful: bool


def line_chart(
    title: str,
    seconds: Sequence[float],
    lines: Sequence[Line],
    y_title: str,
    write: Callable[[float], str],
    marks: Sequence[Mark] = (),
    intervals: Sequence[Interval] = (),
) -> str:
    """Curves on logarithmic axes, as SVG.

    Args:
        title: What it shows.
        seconds: The durations, two at least.
        lines: The curves.
        y_title: What lies along the axis that goes up.
        write: How a value is written.
        marks: Durations to mark; those beyond the curves are left out.
        intervals: Of the first curve at each duration; empty where its values are exact.
    """
    drawn = [line for line in lines if all(value > 0 for value in line.values)]
    right = 22 + max(width_of(line.name) for line in drawn)
    ends = [end for interval in intervals for end in (interval.low, interval.high) if end > 0]
    values = [value for line in drawn for value in line.values]
    y = axis_over([*values, *ends], _HEIGHT - _BOTTOM, _TOP, write, most=6, logarithmic=True, margin=0.02)
    x = axis_over(seconds, room_left_of(y, _LEFT), WIDTH - right, short, most=6, logarithmic=True)
    parts = draw_axes(x, y, "seconds of audio", y_title)
    parts += _marks(marks, x, y)
    parts += [_curve(line, seconds, x, y) for line in reversed(drawn)]
    for place, value, interval in zip(seconds, drawn[0].values, intervals, strict=False):
        parts += _interval(x.at(place), value, interval, y)
    places = spread_out([y.at(line.values[-1]) for line in drawn], 16, _TOP + 4, _HEIGHT - _BOTTOM - 4)
    for line, place in zip(drawn, places, strict=True):
        parts.append(element("circle", class_=f"k{line.number} strong", cx=x.end + 10, cy=round(place, 1), r=3.5))
        parts.append(words_at(line.name, x.end + 18, place + 4))
    parts += _bands(seconds, drawn, x, y, write)
    return picture(_HEIGHT, title, *parts)


def _curve(line: Line, seconds: Sequence[float], x: Axis, y: Axis) -> str:
    points = " ".join(f"{x.at(place):.1f},{y.at(value):.1f}" for place, value in zip(seconds, line.values, strict=True))
    return element("polyline", points=points, class_=f"k{line.number} line", stroke_dasharray=_DASHES[line.number])


def _marks(marks: Sequence[Mark], x: Axis, y: Axis) -> list[str]:
    """Lines down from what each duration is; of two the words of the left one lie to the left, if there is room."""
    shown = sorted(each for each in marks if x.low <= each.seconds <= x.high)
    parts, taken = [], 0.0
    for number, mark in enumerate(shown):
        place, width = round(x.at(mark.seconds), 1), width_of(mark.words)
        part = 0.5 if len(shown) == 1 else 1.0 if number == 0 else 0.0
        left = min(max(place - part * width, 0), WIDTH - width)
        line = _TOP - 23 if left < taken else _TOP - 10
        taken = left + width
        parts.append(
            element("line", class_="axis", stroke_dasharray="3 3", x1=place, x2=place, y1=line + 4, y2=y.start)
        )
        parts.append(words_at(mark.words, left, line))
    return parts


def _interval(place: float, value: float, interval: Interval, y: Axis) -> list[str]:
    place, at = round(place, 1), round(y.at(value), 1)
    low, high = round(y.at(max(interval.low, y.low)), 1), round(y.at(interval.high), 1)
    point = element("circle", class_="k0 strong", cx=place, cy=at, r=3)
    if interval.is_doubtful:
        point = element("path", class_="k5 line", d=f"M{place - 5:g} {at - 5:g}l10 10m0-10l-10 10")
    return [element("line", class_="k0 line", x1=place, x2=place, y1=low, y2=high), point]


def _bands(
    seconds: Sequence[float], lines: Sequence[Line], x: Axis, y: Axis, write: Callable[[float], str]
) -> list[str]:
    """What is to be pointed at: the values at each duration, over a strip around it."""
    places = [x.at(each) for each in seconds]
    edges = [places[0], *[(one + other) / 2 for one, other in pairwise(places)], places[-1]]
    bands = []
    for number, length in enumerate(seconds):
        values = [f"{line.name}: {write(line.values[number])}" for line in lines]
        left, right = edges[number], edges[number + 1]
        place = {"x": round(left, 1), "y": y.end, "width": round(right - left, 1), "height": y.start - y.end}
        bands.append(element("rect", said(f"{short(length)} s", *values), class_="tip hit", **place))
    return bands
