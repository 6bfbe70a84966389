"""Points of two figures, some of them named: what is drawn of them, and a plot in characters, which needs plotext."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import log10
from typing import NamedTuple

from w2v_explore.report.canvas import blank_canvas, canvas_text, legend_lines
from w2v_explore.report.ticks import round_numbers, tick_text

# Where an encoding has no circle, an o stands for it.
_LETTERS = "abcdefghijklmnpqrstuvwxyz"
MAX_NAMED = len(_LETTERS)
"""The points that may be named."""

_DESIGN, _MISS, _OWN = "●", "○", "◆"
_MAX_WIDTH, _ROWS = 140, 22
# At most so many characters of each go to the axes.
_BESIDE_PLOT, _BELOW_PLOT = 12, 4
# So many are named that are not drawn.
_FAR = 2


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
        own: The config itself; None where it lies far off.
        published: Published models.
        far: Points that lie far from what is drawn, or for which there is no room.
        doubtful: What points are called that are drawn with them, and miss what was asked.
        misses: They.
        logarithmic: Whether equal distances along both axes are equal ratios.
        numbers: Which design each of the points is, and then each of the misses, from 0 on.
    """

    x: Axis
    y: Axis
    designs: str
    points: Sequence[tuple[float, float]]
    corners: Sequence[tuple[float, float]]
    own: Named | None
    published: Sequence[Named]
    far: Sequence[Named]
    doubtful: str = ""
    misses: Sequence[tuple[float, float]] = ()
    logarithmic: bool = False
    numbers: Sequence[int] = ()

    @property
    def line(self) -> list[tuple[float, float]]:
        """The points with the corners between them; none where there are no corners."""
        if not self.corners:
            return []
        between = [each for pair in zip(self.points, self.corners, strict=False) for each in pair]
        return [*between, self.points[-1]]


def all_of(scatter: Scatter, axis: int) -> list[float]:
    """The values of all points along an axis."""
    named = [*scatter.published, *([scatter.own] if scatter.own else [])]
    return [point[axis] for point in (*scatter.points, *scatter.misses, *[(each.x, each.y) for each in named])]


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
    place: Callable[[float], float] = log10 if scatter.logarithmic else float
    for number, axis in enumerate((scatter.x, scatter.y)):
        most = max(3, width // 12) if number == 0 else 7
        ticks = round_numbers(all_of(scatter, number), most, logarithmic=scatter.logarithmic)
        ruler = figure.ruler("xy"[number])
        ruler.ticks([place(tick) for tick in ticks], [tick_text(axis.text(tick)) for tick in ticks])
        ends = [place(value) for value in (*all_of(scatter, number), *ticks)]
        # A range of no width would have no places.
        ruler.lim(min(ends) - (min(ends) == max(ends)), max(ends))

    def draw(points: Sequence[tuple[float, float]], marker: str, hue: str, *, lines: bool = False) -> None:
        x, y = ([place(point[axis]) for point in points] for axis in (0, 1))
        signal = figure.signal(x, y, marker=plotext.marker(marker, hue))
        signal.lines(lines)
        figure.draw(signal)

    if scatter.line:
        draw(scatter.line, "·", "default", lines=True)
    for points, marker in ((scatter.misses, _MISS), (scatter.points, _DESIGN)):
        if points:
            draw(points, marker, "default")
    marks = _marks(scatter, width)
    for mark in reversed(marks):
        draw([(mark.x, mark.y)], mark.marker, "red" if mark.marker == _OWN else "blue")
    figure.title(f"{scatter.y.title} over {scatter.x.title}")
    lines = [line.rstrip() for line in canvas_text(figure, colour=colour).split("\n")]
    return "\n".join([*lines, *legend_lines(_legend(scatter, marks), width)])


class _Mark(NamedTuple):
    """A character that stands for what is drawn there."""

    marker: str
    x: float
    y: float
    names: list[str]


def _marks(scatter: Scatter, width: int) -> list[_Mark]:
    """What is named, the config itself first; what would hide something else shares its mark."""
    place: Callable[[float], float] = log10 if scatter.logarithmic else float
    scales = []
    for axis, characters in ((0, width - _BESIDE_PLOT), (1, _ROWS - _BELOW_PLOT)):
        values = [place(value) for value in all_of(scatter, axis)]
        scales.append(characters / (max(values) - min(values) or 1.0))

    def is_hidden(one: float, other: float, scale: float) -> bool:
        return abs(place(one) - place(other)) * scale < 1

    found: list[_Mark] = []
    letters = iter(_LETTERS)
    for point in (*([scatter.own] if scatter.own else []), *scatter.published):
        near = (
            mark for mark in found if is_hidden(point.x, mark.x, scales[0]) and is_hidden(point.y, mark.y, scales[1])
        )
        if (mark := next(near, None)) is not None:
            mark.names.append(point.name)
        else:
            found.append(_Mark(_OWN if point is scatter.own else next(letters), point.x, point.y, [point.name]))
    return found


def _legend(scatter: Scatter, marks: Sequence[_Mark]) -> Iterator[str]:
    if scatter.points:
        yield f"{_DESIGN} {scatter.designs}"
    if scatter.misses:
        yield f"{_MISS} {scatter.doubtful}"
    for mark in marks:
        yield f"{mark.marker} {', '.join(mark.names)}"
    if text := describe_far(scatter):
        yield text


def describe_far(scatter: Scatter) -> str:
    """What is not drawn: ``not drawn, far off: wav2vec 2.0 Base; xlsr_1b; 3 further points``; empty where all is."""
    names = [each.name for each in scatter.far[:_FAR]]
    more = len(scatter.far) - len(names)
    if more:
        names.append(f"{more} further point{'s' if more > 1 else ''}")
    return f"not drawn, far off: {'; '.join(names)}" if names else ""
