"""The layers of a model as a report lists them: equal layers in a row as one, or every layer by itself."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore.analysis.compute import LayerFigures, Macs, unfold

# Down to the convolutions of the extractor and the blocks of the transformer.
_FOLDED_DEPTH = 3


class OutlineRow(NamedTuple):
    """One layer, or equal layers in a row.

    Attributes:
        name: The last part of the module path; of equal layers that of the list which holds nothing else, or empty.
        numbers: The names of the equal layers; None for a layer by itself.
        kind: The layer's class.
        depth: How many modules the row lies under.
        paths: The module paths whose figures make up the row's: the layer's own, that of the list which holds nothing
            but the equal layers, or those of the equal layers.
        figures: What all layers of the row cost together.
    """

    name: str
    numbers: range | None
    kind: str
    depth: int
    paths: tuple[str, ...]
    figures: LayerFigures


def outline(layers: Sequence[LayerFigures], depth: int | None) -> list[OutlineRow]:
    """The rows of a report.

    Args:
        layers: An analysis's layers, the model first.
        depth: How many levels below the model to list, every layer by itself; None for the usual view, in which equal
            layers in a row are one.
    """
    return list(_fold(layers)) if depth is None else [_row(layer) for layer in unfold(layers, depth)]


def _fold(layers: Sequence[LayerFigures]) -> Iterator[OutlineRow]:
    """The rows of a layer and of what is listed below it; nothing below a row of several layers."""
    layer, below = layers[0], list(_subtrees(layers[1:]))
    holds_equal = any(child.copies > 1 for child, *_ in below)
    if layer.copies == 1 and holds_equal and len(below) == 1:
        [[child, *_]] = below
        yield OutlineRow(layer.name, _numbers(child), child.kind, layer.depth, (layer.path,), layer)
        return
    yield _row(layer)
    if layer.copies > 1:
        return
    if layer.depth < _FOLDED_DEPTH:
        for subtree in below:
            yield from _fold(subtree)
    elif holds_equal:
        # Of a list of unequal layers the sum alone says little.
        yield from (_row(child) for child, *_ in below)


def _subtrees(layers: Sequence[LayerFigures]) -> Iterator[Sequence[LayerFigures]]:
    """Siblings, each with what is below it."""
    start = 0
    for end in range(1, len(layers) + 1):
        if end == len(layers) or layers[end].depth == layers[start].depth:
            yield layers[start:end]
            start = end


def _row(layer: LayerFigures) -> OutlineRow:
    if layer.copies == 1:
        return OutlineRow(layer.name, None, layer.kind, layer.depth, (layer.path,), layer)
    numbers, prefix = _numbers(layer), layer.path.removesuffix(layer.name)
    together = layer._replace(
        parameters=layer.copies * layer.parameters, macs=Macs().plus(layer.macs, layer.copies), copies=1
    )
    paths = tuple([f"{prefix}{number}" for number in numbers])
    return OutlineRow("", numbers, layer.kind, layer.depth, paths, together)


def _numbers(layer: LayerFigures) -> range:
    return range(int(layer.name), int(layer.name) + layer.copies)
