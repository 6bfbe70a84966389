"""Small multiples: a few panels of curves beside each other, in characters; needs plotext."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import floor, log10
from typing import NamedTuple

from w2v_explore.report.canvas import blank_canvas, canvas_text
from w2v_explore.report.layout import wrap
from w2v_explore.report.ticks import tick_text

_MARKERS = (
    ("●", "default"), ("b", "red"), ("c", "blue"), ("d", "green"), ("e", "magenta"), ("f", "cyan"), ("g", "yellow"),
    ("h", "default"),
)  # fmt: skip
MAX_CURVES = len(_MARKERS)
"""The curves that a panel may have."""

_LEAST_WIDTH, _ROWS, _GAP = 36, 12, 2
_MAX_WIDTH = 140
# Of what is left of a curve's name, below its beginning.
_INDENT = "  "
_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Panel(NamedTuple):
    """A figure over a field.

    Attributes:
        title: What is drawn.
        curves: Of each curve the points, x and y, from left to right.
        text: How a value is written.
    """

    title: str
    curves: Sequence[Sequence[tuple[float, float]]]
    text: Callable[[float], str]


def draw_multiples(panels: Sequence[Panel], x_title: str, names: Sequence[str], width: int, *, colour: bool) -> str:
    """Panels in rows, and below them which curve is whose.

    Args:
        panels: One at least; all have the same curves.
        x_title: What lies along the axis of all.
        names: What each curve is of; empty names where there is one alone.
        width: In characters.
        colour: Whether the terminal shows any.
    """
    width = min(width, _MAX_WIDTH)
    in_a_row = max(1, min(len(panels), (width + _GAP) // (_LEAST_WIDTH + _GAP)))
    # The last row is as full as the others.
    in_a_row = -(-len(panels) // -(-len(panels) // in_a_row))
    panel_width = (width - _GAP * (in_a_row - 1)) // in_a_row
    lines: list[str] = []
    for start in range(0, len(panels), in_a_row):
        drawn = [_draw(panel, panel_width, colour).split("\n") for panel in panels[start : start + in_a_row]]
        lines += [(" " * _GAP).join(_padded(row, panel_width)).rstrip() for row in zip(*drawn, strict=True)]
    lines += wrap(f"along the axis: {x_title}", width)
    for (marker, _), name in zip(_MARKERS, names, strict=False):
        if name:
            first, *further = wrap(f"{marker} {name}", width - len(_INDENT))
            lines += [first, *[_INDENT + line for line in further]]
    return "\n".join(lines)


def _draw(panel: Panel, width: int, colour: bool) -> str:
    import plotext

    figure = blank_canvas(width, _ROWS)
    figure.title(panel.title)
    for (marker, hue), points in reversed(list(zip(_MARKERS, panel.curves, strict=False))):
        x, y = ([point[axis] for point in points] for axis in (0, 1))
        signal = figure.signal(x, y, marker=plotext.marker(marker, hue))
        signal.lines(len(points) > 1)
        figure.draw(signal)
    xs = sorted({x for points in panel.curves for x, _ in points})
    ys = [y for points in panel.curves for _, y in points]
    shown = _some_of(xs, max(2, width // 8))
    figure.ruler("x").ticks(shown, [f"{x:g}" for x in shown])
    ticks = _round_numbers(min(ys), max(ys))
    figure.ruler("y").ticks(ticks, [tick_text(panel.text(tick)) for tick in ticks])
    return canvas_text(figure, colour=colour)


def _padded(row: Sequence[str], width: int) -> list[str]:
    return [text + " " * (width - len(_COLOUR.sub("", text))) for text in row]


def _some_of(values: Sequence[float], most: int) -> Sequence[float]:
    """The first value and every so many further on, as many as there is room for."""
    return values[:: max(1, -(-(len(values) - 1) // (most - 1)))]


def _round_numbers(low: float, high: float) -> list[float]:
    """Three to six round numbers around a range, from 0 where that is near."""
    if low > 0.7 * high:
        span, start = high - low or abs(high) or 1.0, low
    else:
        span, start = high, 0.0
    size = 10.0 ** floor(log10(span / 2))
    step = next(times * size for times in (5, 2, 1) if span / (times * size) >= 2)
    first = floor(start / step)
    ticks = [step * first]
    while ticks[-1] < high:
        first += 1
        ticks.append(step * first)
    return ticks
