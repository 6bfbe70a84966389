"""Axes of pictures: where values lie, round numbers along them, and names that do not run into each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, log10
from typing import NamedTuple

from w2v_explore.report.html.markup import element, text
from w2v_explore.report.ticks import round_numbers, tick_text

WIDTH = 480
"""Of a picture, in its own units: on a narrow telephone one is about 0.7 pixels, beside another picture about 1."""

TEXT_SIZE = 14
"""Of its words."""

# Between the line of a round number and the number to its left, and from there to the edge.
_GAP = 6
# Letters are about so wide, in parts of their size; wider than most fonts have them.
_LETTER = 0.6


class Axis(NamedTuple):
    """Where values lie along one side of a picture.

    Attributes:
        low: The value at its start.
        high: The value at its end.
        start: Where it begins.
        end: Where it ends; for an axis that goes up it is less.
        logarithmic: Whether equal distances are equal ratios.
        ticks: Round numbers, and how each is written.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool
    ticks: Sequence[tuple[float, str]]

    def at(self, value: float) -> float:
        """Where a value lies."""
        low, high = self.low, self.high
        if self.logarithmic:
            value, low, high = log10(value), log10(low), log10(high)
        return self.start + (self.end - self.start) * (value - low) / (high - low)


def axis_over(
    values: Sequence[float],
    start: float,
    end: float,
    text: Callable[[float], str],
    *,
    most: int,
    logarithmic: bool = False,
    margin: float = 0.0,
    ends_at_ticks: bool = True,
) -> Axis:
    """The axis on which some values have room.

    Args:
        values: One at least; positive ones where it is logarithmic.
        start: Where it begins.
        end: Where it ends.
        text: How a value is written.
        most: About so many ticks.
        logarithmic: Whether equal distances are equal ratios.
        margin: Room beyond the values at either end, in parts of the axis.
        ends_at_ticks: Whether there is room for round numbers beyond the values.
    """
    ticks = round_numbers(values, most, logarithmic=logarithmic)
    low, high = min(values), max(values)
    if ends_at_ticks:
        low, high = min(low, *ticks), max(high, *ticks)
    ticks = [tick for tick in ticks if low <= tick <= high]
    if low == high:  # a range of no width would have no places
        low, high = (low / 2, high * 2) if logarithmic else (low - 1, high + 1)
    if logarithmic:
        beyond = (high / low) ** margin
        low, high = low / beyond, high * beyond
    else:
        beyond = margin * (high - low)
        low, high = low - beyond, high + beyond
    return Axis(low, high, start, end, logarithmic, [(tick, tick_text(text(tick))) for tick in ticks])


def room_left_of(y: Axis, least: float) -> float:
    """Where an axis from left to right begins, so that the numbers of one that goes up have room beside it.

    Args:
        y: The axis that goes up.
        least: Where it begins if the numbers take no more; pictures beside each other look alike then.
    """
    return max([least, *[ceil(width_of(words)) + 2 * _GAP for _, words in y.ticks]])


def draw_axes(x: Axis, y: Axis, x_title: str, y_title: str) -> list[str]:
    """Lines at the round numbers of both axes, with the numbers beside them, and what lies along each.

    Args:
        x: The axis from left to right, which begins at `room_left_of` the other.
        y: The axis from bottom to top.
        x_title: What lies along it.
        y_title: What lies along it.
    """
    lines = []
    for value, words in y.ticks:
        place = round(y.at(value), 1)
        lines.append(element("line", class_="grid", x1=x.start, x2=x.end, y1=place, y2=place))
        lines.append(words_at(words, x.start - _GAP, place + 4, anchor="end", class_="muted"))
    for value, words in x.ticks:
        place = round(x.at(value), 1)
        lines.append(element("line", class_="grid", x1=place, x2=place, y1=y.start, y2=y.end))
        lines.append(words_at(words, place, y.start + 17, anchor="middle", class_="muted"))
    lines.append(words_at(x_title, x.end, y.start + 34, anchor="end", class_="muted"))
    lines.append(words_at(y_title, 0, 14, class_="muted"))
    return lines


def draw_axis(axis: Axis, top: float, below: float) -> list[str]:
    """Lines at the round numbers of an axis as wide as the picture, with the numbers below them, none beyond its edges.

    Args:
        axis: From left to right.
        top: Where the lines begin.
        below: Where they end.
    """
    lines = []
    for value, words in axis.ticks:
        place = round(axis.at(value), 1)
        lines.append(element("line", class_="grid", x1=place, x2=place, y1=top, y2=below))
        half = width_of(words) / 2
        side = "start" if place < half else "end" if place > WIDTH - half else "middle"
        lines.append(words_at(words, place, below + 15, anchor=side, class_="muted"))
    return lines


def words_at(words: str, x: float, y: float, *, anchor: str | None = None, class_: str | None = None) -> str:
    """Words whose line lies at a place."""
    return element("text", text(words), x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=class_)


def picture(height: float, title: str, *content: str) -> str:
    """The SVG of a picture that is `WIDTH` wide."""
    return element(
        "svg",
        *content,
        viewBox=f"0 0 {WIDTH} {height:g}",
        class_="chart",
        role="img",
        aria_label=title,
        font_size=TEXT_SIZE,
    )


def said(*lines: str) -> str:
    """What a browser shows of the element that this is in when it is pointed at."""
    return element("title", "\n".join(map(text, lines)))


def width_of(words: str) -> float:
    """About how wide some words are."""
    return _LETTER * TEXT_SIZE * len(words)


def fitting(words: str, width: float) -> str:
    """Words that are no wider than there is room, what is cut away marked by an ellipsis."""
    room = int(width / (_LETTER * TEXT_SIZE))
    return words if len(words) <= room else words[: max(room - 1, 1)].rstrip() + "…"


def spread_out(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places that are moved as little as it takes to lie a gap apart, in the order in which they are given.

    Args:
        places: Where each would be best.
        gap: Between neighbours.
        low: Where none may be below, if there is room.
        high: Where none may be above.
    """
    order = sorted(range(len(places)), key=lambda number: places[number])
    found = list(places)
    at = low - gap
    for number in order:
        found[number] = at = max(found[number], at + gap)
    at = high + gap
    for number in reversed(order):
        found[number] = at = min(found[number], at - gap)
    return found
