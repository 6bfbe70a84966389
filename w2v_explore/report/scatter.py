"""Points of two figures, some of them named: what is drawn of them, and a plot in characters, which needs plotext."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, log10
from typing import NamedTuple

from w2v_explore.report.canvas import blank_canvas, canvas_text, tick_text
from w2v_explore.report.layout import wrap

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
MAX_NAMED = len(_LETTERS)
"""The points that may be named."""

_DESIGN, _OWN = "●", "◆"
_MAX_WIDTH, _ROWS = 140, 22
_INDENT = "  "
# Where the greatest value is so many times the least, equal distances are equal ratios.
_LOGARITHMIC_FROM = 20.0


class Axis(NamedTuple):
    """An axis.

    Attributes:
        title: What lies along it, as ``MACs per second of audio``.
        text: How a value is written.
    """

    title: str
    text: Callable[[float], str]


class Named(NamedTuple):
    """A point with a name.

    Attributes:
        name: The name.
        x: Where it is.
        y: Where it is.
    """

    name: str
    x: float
    y: float


class Scatter(NamedTuple):
    """Points of two figures.

    Attributes:
        x: The axis of the first.
        y: The axis of the second.
        designs: What the points are called, as ``the frontier``.
        points: They, in the order in which a line joins them.
        corners: Of a line that joins the points in steps, where it goes between each and the next; empty where a point
            says nothing of what is beside it.
        own: The config itself.
        published: Published models.
        left_out: How many of these are not drawn.
    """

    x: Axis
    y: Axis
    designs: str
    points: Sequence[tuple[float, float]]
    corners: Sequence[tuple[float, float]]
    own: Named
    published: Sequence[Named]
    left_out: int

    @property
    def line(self) -> list[tuple[float, float]]:
        """The points with the corners between them; none where there are no corners."""
        if not self.corners:
            return []
        between = [each for pair in zip(self.points, self.corners, strict=False) for each in pair]
        return [*between, self.points[-1]]


def all_of(scatter: Scatter, axis: int) -> list[float]:
    """The values of all points along an axis."""
    named = [(each.x, each.y) for each in (scatter.own, *scatter.published)]
    return [point[axis] for point in (*scatter.points, *named)]


def is_logarithmic(values: Sequence[float]) -> bool:
    """Whether equal distances along an axis are equal ratios."""
    return min(values) > 0 and max(values) >= _LOGARITHMIC_FROM * min(values)


def round_numbers(values: Sequence[float], most: int) -> list[float]:
    """Round numbers within the range of some values, at most so many; the ends are near the range's."""
    low, high = min(values), max(values)
    if is_logarithmic(values):
        decades = range(floor(log10(low)), floor(log10(high)) + 1)
        for steps in ((1, 2, 5), (1, 3), (1,)):
            found = [step * 10.0**decade for decade in decades for step in steps]
            found = [number for number in found if low <= number <= high]
            if len(found) <= most:
                break
        return found
    span = high - low or abs(high) or 1.0
    size = 10.0 ** floor(log10(span / most))
    step = next(times * size for times in (1, 2, 5, 10, 20, 50) if span / (times * size) <= most - 1)
    first = floor(low / step)
    found = [step * number for number in range(first, first + most + 2)]
    return [number for number in found if low - step / 2 <= number <= high + step / 2]


def draw_scatter(scatter: Scatter, width: int, *, colour: bool) -> str:
    """The points in characters, and which letter is whose below them; needs plotext.

    Args:
        scatter: The points.
        width: In characters.
        colour: Whether the terminal shows any.
    """
    import plotext

    width = min(width, _MAX_WIDTH)
    figure = blank_canvas(width, _ROWS)
    axes = []
    for number, axis in enumerate((scatter.x, scatter.y)):
        values = all_of(scatter, number)
        place = log10 if is_logarithmic(values) else float
        ticks = round_numbers(values, max(3, width // 12) if number == 0 else 7)
        figure.ruler("xy"[number]).ticks([place(tick) for tick in ticks], [tick_text(axis.text(tick)) for tick in ticks])
        axes.append(place)

    def draw(points: Sequence[tuple[float, float]], marker: str, hue: str, *, lines: bool = False) -> None:
        x, y = ([axes[axis](point[axis]) for point in points] for axis in (0, 1))
        signal = figure.signal(x, y, marker=plotext.marker(marker, hue))
        signal.lines(lines)
        figure.draw(signal)

    named = [*zip(_LETTERS, scatter.published, strict=False)]
    if scatter.line:
        draw(scatter.line, "·", "default", lines=True)
    draw(scatter.points, _DESIGN, "default")
    for letter, model in named:
        draw([(model.x, model.y)], letter, "blue")
    draw([(scatter.own.x, scatter.own.y)], _OWN, "red")
    figure.title(f"{scatter.y.title} over {scatter.x.title}")
    lines = [line.rstrip() for line in canvas_text(figure, colour=colour).split("\n")]
    legend = [f"{_DESIGN} {scatter.designs}", f"{_OWN} {scatter.own.name}", *[f"{letter} {each.name}" for letter, each in named]]
    lines += wrap(";  ".join(legend), width)
    return "\n".join(lines)
