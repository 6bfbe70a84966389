"""Layers as the rows of a tree: which are shown, under which names, with which guides."""

from collections.abc import Sequence
from typing import NamedTuple

from w2v_explore.analysis.compute import LayerFigures, unfold

# Down to the convolutions of the extractor and the blocks of the transformer.
_FOLDED_DEPTH = 3


class TreeRow(NamedTuple):
    """A shown layer.

    Attributes:
        label: Its name with the guides that hang it under its parent.
        kind: Its class, and how many equal layers it stands for.
        layer: Its figures, those of all the equal layers together.
    """

    label: str
    kind: str
    layer: LayerFigures


def tree_rows(layers: Sequence[LayerFigures], depth: int | None) -> list[TreeRow]:
    """The rows of a tree.

    Args:
        layers: An analysis's layers, the model first.
        depth: How many levels below the model to show, every layer for itself; None for the usual view, in which
            equal layers in a row are one.
    """
    shown = _fold(layers) if depth is None else [(row, row.name, row.kind) for row in unfold(layers, depth)]
    guides = _guides([row.depth for row, _, _ in shown])
    return [
        TreeRow(guide + (name or "model"), kind, row) for guide, (row, name, kind) in zip(guides, shown, strict=True)
    ]


def _fold(layers: Sequence[LayerFigures]) -> list[tuple[LayerFigures, str, str]]:
    """Layers with the name and kind to show; a list of equal layers takes the name and kind of what it holds."""
    shown = []
    for position, row in enumerate(layers):
        if row.depth > _FOLDED_DEPTH:
            continue
        below = layers[position + 1] if row.operation is None else None
        if below is not None and below.copies > 1:
            first = int(below.name)
            name = f"{row.name}.{first}–{first + below.copies - 1}"
            shown.append((row, name, f"{below.kind} × {below.copies}"))
        else:
            shown.append((row, row.name, row.kind))
    return shown


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
