"""Parameters, output shapes and MACs of every layer, from one pass over the tree in the order of the forward pass."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Operation, Shape, WeightNorm


class Macs(NamedTuple):
    """Multiply–accumulates by kind of operation."""

    convolution: int = 0
    linear: int = 0
    attention: int = 0

    @property
    def total(self) -> int:
        """All kinds together."""
        return self.convolution + self.linear + self.attention

    def plus(self, other: "Macs", times: int = 1) -> "Macs":
        """This and ``times`` the other."""
        return Macs(
            self.convolution + times * other.convolution,
            self.linear + times * other.linear,
            self.attention + times * other.attention,
        )


class LayerFigures(NamedTuple):
    """What one layer costs for a workload; everything below it is included.

    Attributes:
        path: Its module path; the empty path is the model.
        kind: Its class.
        depth: How many modules it lies under.
        parameters: Elements of its parameters.
        macs: For the whole batch.
        output_shape: As torch lays it out, batch first; a weight's own shape for the module that makes a weight.
        operation: What it computes itself; None where it only calls others.
        copies: How many equal layers in a row it stands for; the figures are those of one.
    """

    path: str
    kind: str
    depth: int
    parameters: int
    macs: Macs
    output_shape: Shape
    operation: Operation | None
    copies: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


def analyze_layers(tree: Layer, batch: int, frames: int, channels: int = 1) -> list[LayerFigures]:
    """The figures of every layer, parents before children, children in the order in which they run.

    Equal layers in a row stand for each other (`LayerFigures.copies`); `unfold` gives each its own row.

    Args:
        tree: A model's tree, or a part of one.
        batch: Utterances.
        frames: Samples of each; enough for one frame (`receptive_field.minimum_samples`). For a part, the frames that
            it takes.
        channels: One for a model; for a part, the channels that it takes.
    """
    rows, _, _ = _walk(tree, "", 0, batch, frames, channels)
    return rows


def _walk(
    layer: Layer, path: str, depth: int, batch: int, frames: int, channels: int
) -> tuple[list[LayerFigures], int, int]:
    parameters, macs = layer.own_parameters, Macs()
    operation = layer.operation
    below: list[LayerFigures] = []
    if operation is not None:
        kind = operation.mac_kind
        if kind is not None:
            macs = Macs(**{kind: operation.macs(batch, frames, channels)})
        frames, channels = operation.flow(frames, channels)
    prefix = f"{path}." if path else ""
    for child in layer.in_schedule():
        rows, frames, channels = _walk(child, prefix + child.name, depth + 1, batch, frames, channels)
        parameters += child.copies * rows[0].parameters
        macs = macs.plus(rows[0].macs, child.copies)
        below += rows
    if isinstance(operation, WeightNorm):
        shape = operation.weight_shape
    else:
        shape = (batch, channels, frames) if layer.channels_first else (batch, frames, channels)
    row = LayerFigures(path, layer.kind, depth, parameters, macs, shape, operation, layer.copies)
    return [row, *below], frames, channels


def unfold(rows: Sequence[LayerFigures], depth: int | None = None) -> Iterator[LayerFigures]:
    """Each layer that a row stands for as a row of its own, under its own path; down to a depth, or all."""
    if depth is not None:
        rows = [row for row in rows if row.depth <= depth]
    position = 0
    while position < len(rows):
        row = rows[position]
        end = position + 1
        while end < len(rows) and rows[end].depth > row.depth:
            end += 1
        if row.copies == 1:
            yield row
            position += 1
            continue
        parent, _, first = row.path.rpartition(".")
        for number in range(int(first), int(first) + row.copies):
            yield row._replace(path=f"{parent}.{number}", copies=1)
            for below in unfold(rows[position + 1 : end]):
                yield below._replace(path=f"{parent}.{number}{below.path[len(row.path) :]}")
        position = end


def folded_path(rows: Sequence[LayerFigures], path: str) -> str:
    """The path of the row that stands for the layer at a path: ``layers.3.dropout`` → ``layers.0.dropout``."""
    for row in rows:
        if row.copies > 1:
            parent = row.path.removesuffix(row.name)
            if path.startswith(parent):
                _, dot, below = path.removeprefix(parent).partition(".")
                return row.path + dot + below
    return path
