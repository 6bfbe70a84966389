"""Where the parts of a rectangle lie, each as large as its share, and as near to a square as the others let it be.

`assets/treemap.js` lays out in the same way; a test in a browser holds both against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, fsum, sqrt
from typing import NamedTuple

# Parts that differ by no more than this factor are laid out in their order.
_ALIKE = 3.0


class Box(NamedTuple):
    """A rectangle: its upper left corner, its width and its height."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, above: float, around: float) -> Box:
        """What is left of it within a frame, which is of another width at the top."""
        width, height = self.width - 2 * around, self.height - above - around
        return Box(self.x + around, self.y + above, max(width, 0.0), max(height, 0.0))


def lay_out(shares: Sequence[float], box: Box) -> list[Box]:
    """The rectangles of some parts.

    Args:
        shares: Of the area, each above 0, together at most 1; what they leave is free.
        box: The whole.
    """
    if max(shares) <= _ALIKE * min(shares):
        return _in_rows(shares, box)
    by_size = sorted(range(len(shares)), key=lambda number: -shares[number])
    boxes = _squarified([shares[number] for number in by_size], box)
    placed = dict(zip(by_size, boxes, strict=True))
    return [placed[number] for number in range(len(shares))]


def _in_rows(shares: Sequence[float], box: Box) -> list[Box]:
    """In rows, from left to right, as a strip treemap (Bederson, Shneiderman and Wattenberg, 2002)."""
    count, height = len(shares), box.height * fsum(shares)
    number_of_rows = max(1, min(count, int(sqrt(count * height / box.width) + 0.5))) if box.width else 1
    per_row = ceil(count / number_of_rows)
    placed: list[Box] = []
    y = box.y
    for start in range(0, count, per_row):
        row = shares[start : start + per_row]
        of_row = fsum(row)
        row_height = box.height * of_row
        x = box.x
        for share in row:
            width = box.width * share / of_row
            placed.append(Box(x, y, width, row_height))
            x += width
        y += row_height
    return placed


def _squarified(shares: Sequence[float], box: Box) -> list[Box]:
    """In rows along the shorter side, as a squarified treemap (Bruls, Huizing and van Wijk, 2000).

    Args:
        shares: As in `lay_out`, the greatest first.
        box: The whole.
    """
    placed: list[Box] = []
    whole = box.width * box.height
    areas = [share * whole for share in shares]
    while len(placed) < len(areas):
        side, longer = min(box.width, box.height), max(box.width, box.height)
        if not side:
            # Rounding left nothing for the least of them.
            return placed + [Box(box.x, box.y, 0.0, 0.0)] * (len(areas) - len(placed))
        start = end = len(placed)
        total, worst = 0.0, float("inf")
        while end < len(areas):
            more = total + areas[end]
            # How long the longest rectangle would be: in a row the first is the greatest, the last the least.
            longest = max(side * areas[start] / more * side / more, more / side * more / side / areas[end])
            if longest > worst:
                break
            total, worst, end = more, longest, end + 1
        thickness = min(total / side, longer)
        at = 0.0
        for area in areas[start:end]:
            length = side * area / total
            if box.width >= box.height:
                placed.append(Box(box.x, box.y + at, thickness, length))
            else:
                placed.append(Box(box.x + at, box.y, length, thickness))
            at += length
        if box.width >= box.height:
            box = Box(box.x + thickness, box.y, box.width - thickness, box.height)
        else:
            box = Box(box.x, box.y + thickness, box.width, box.height - thickness)
    return placed
