"""Where names stand beside their points, so that they hide nothing: rectangles of a picture, in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import fsum
from typing import NamedTuple

Point = tuple[float, float]

# How far a name stands from its point, in units; the nearest places come first.
_DISTANCES = (6, 10, 14, 20, 30, 42, 56, 72, 96, 128)
# Where a name below or above its point begins, in widths of the name.
_STARTS = (0.0, -1.0, -0.5, -0.25, -0.75, -0.9)
# Of a name that stands further off, a line tells whose it is.
_LED_FROM = 14


class Box(NamedTuple):
    """A rectangle."""

    left: float
    low: float
    right: float
    high: float

    @property
    def area(self) -> float:
        """What it covers."""
        return (self.right - self.left) * (self.high - self.low)

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.high, other.high) - max(self.low, other.low)
        return width * height if width > 0 and height > 0 else 0.0

    def nearest(self, point: Point) -> Point:
        """The point in it that is nearest to another."""
        x, y = point
        return min(max(x, self.left), self.right), min(max(y, self.low), self.high)


class Label(NamedTuple):
    """Where a name stands.

    Attributes:
        box: What it covers.
        is_led: Whether a line leads from its point to it.
    """

    box: Box
    is_led: bool


def around(point: Point, radius: float) -> Box:
    """The square around a point."""
    x, y = point
    return Box(x - radius, y - radius, x + radius, y + radius)


def along(line: Sequence[Point], step: float) -> Iterator[Point]:
    """Points of a line, no further apart than a step in either direction."""
    for (x, y), (next_x, next_y) in pairwise(line):
        number = 1 + int(max(abs(next_x - x), abs(next_y - y)) / step)
        for part in range(number):
            yield x + (next_x - x) * part / number, y + (next_y - y) * part / number


def place_labels(
    points: Sequence[Point], sizes: Sequence[Point], taken: Sequence[Box], bounds: Box, unit: float
) -> list[Label]:
    """Where each name stands: as near to its point as may be; where all places hide something, that which hides least.

    Args:
        points: Of what the names are.
        sizes: The width and the height of each name.
        taken: What names must not hide.
        bounds: What they must not leave.
        unit: A distance of which a few tell a name from its point.
    """
    obstacles = [*taken]
    names: list[Box] = []
    labels: dict[int, Label] = {}
    # At the right end, where names find the least room, first.
    for number in sorted(range(len(points)), key=lambda number: -points[number][0]):
        point = points[number]
        least = float("inf")
        for box in _places(point, sizes[number], unit):
            hidden = box.area - box.overlap(bounds) + _hidden([box], obstacles)
            if hidden < least:
                leader = [around(each, unit) for each in along([point, box.nearest(point)], 4 * unit)]
                hidden += _hidden(leader, names)
            if hidden < least:
                least, best, best_leader = hidden, box, leader
            if not least:
                break
        x, y = best.nearest(point)
        is_led = max(abs(x - point[0]), abs(y - point[1])) > _LED_FROM * unit
        labels[number] = Label(best, is_led)
        names.append(best)
        obstacles += [best, *(best_leader if is_led else [])]
    return [labels[number] for number in range(len(points))]


def _hidden(boxes: Sequence[Box], others: Sequence[Box]) -> float:
    return fsum(box.overlap(other) for box in boxes for other in others)


def _places(point: Point, size: Point, unit: float) -> Iterator[Box]:
    """Where a name may stand, the nearest places first."""
    (x, y), (width, height) = point, size
    for distance in _DISTANCES:
        gap = distance * unit
        corners = [(gap, -height / 2), (-gap - width, -height / 2)]
        for start in _STARTS:
            aside = gap if start == 0 else -gap if start == -1 else 0.0
            corners += [(start * width + aside, -gap - height), (start * width + aside, gap)]
        for right, up in corners:
            yield Box(x + right, y + up, x + right + width, y + up + height)
