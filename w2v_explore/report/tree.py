"""Layers as the rows of a tree: their names with the guides that hang each under its parent."""

from collections.abc import Sequence

from w2v_explore.analysis.compute import LayerFigures
from w2v_explore.analysis.outline import OutlineRow, outline


def tree_rows(layers: Sequence[LayerFigures], depth: int | None) -> list[tuple[str, str, OutlineRow]]:
    """The rows that `outline` lists, each after its label and its kind.

    Returns:
        The name with the guides that hang it under its parent; the class, and how many equal layers the row stands for;
        the row.
    """
    rows = outline(layers, depth)
    return [
        (guide + (_name(row) or "model"), row.kind if row.numbers is None else f"{row.kind} × {len(row.numbers)}", row)
        for guide, row in zip(_guides([row.depth for row in rows]), rows, strict=True)
    ]


def _name(row: OutlineRow) -> str:
    """``layers``; of equal layers ``1–11``, and where their list holds nothing else ``layers.0–11``."""
    if row.numbers is None:
        return row.name
    numbers = f"{row.numbers[0]}–{row.numbers[-1]}"
    return f"{row.name}.{numbers}" if row.name else numbers


def _guides(depths: Sequence[int]) -> list[str]:
    """What stands before each name: ``│`` where an ancestor has more children to come, then ``├`` or ``└``."""
    guides = []
    open_levels: set[int] = set()
    for depth in reversed(depths):
        open_levels = {level for level in open_levels if level <= depth}
        own = "" if depth == 0 else ("├ " if depth in open_levels else "└ ")
        guides.append("".join("│ " if level in open_levels else "  " for level in range(1, depth)) + own)
        open_levels.add(depth)
    return guides[::-1]
