"""Parameters, output shapes and MACs of every layer, a fold over the calls of a forward pass."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Flow, Operation, Shape
from w2v_explore.tree.run import Call, run


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


NO_MACS = Macs()


class LayerFigures(NamedTuple):
    """What one layer costs for a workload; everything below it is included.

    Attributes:
        path: Its module path; the empty path is the model.
        kind: Its class.
        depth: How many modules it lies under.
        parameters: Elements of its parameters.
        macs: For the whole batch.
        output_shape: As torch lays it out, batch first; a weight's own shape for the module that makes a weight; empty
            for a module that never runs.
        operation: What it computes itself; None where it only calls others.
        copies: For how many folded layers it stands; the figures are those of one.
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

    Folded layers stay folded (`LayerFigures.copies`); `unfold` gives each its own row. What never runs comes last.

    Args:
        tree: A model's, or that of a part of one.
        batch: Utterances.
        frames: Samples of each; enough for one frame (`receptive_field.minimum_samples`). For a part, the frames that
            it takes.
        channels: One for a model; for a part, the channels that it takes.
    """
    return layer_figures(tree, run(tree, Flow(frames, channels)), batch)


def layer_figures(tree: Layer, calls: Sequence[Call], batch: int) -> list[LayerFigures]:
    """The same from a tree's calls."""
    return _Rows(calls, batch).rows_of(tree)


def total_macs(calls: Sequence[Call], batch: int) -> Macs:
    """The MACs of all calls together."""
    totals = {"convolution": 0, "linear": 0, "attention": 0}
    for call in calls:
        operation = call.operation
        if operation is not None and operation.mac_kind is not None:
            totals[operation.mac_kind] += call.copies * operation.macs(batch, *call.takes)
    return Macs(**totals)


class _Rows:
    def __init__(self, calls: Sequence[Call], batch: int) -> None:
        self.batch = batch
        self.rows: list[LayerFigures] = []
        self.calls: dict[str, Call] = {}
        # By path, of each operation that counts some: one call's, or those of several calls together.
        self.macs: dict[str, int] = {}
        for call in calls:
            path, operation = call.path, call.operation
            if path not in self.calls:
                self.calls[path] = call
            if operation is not None and operation.mac_kind is not None:
                self.macs[path] = self.macs.get(path, 0) + operation.macs(batch, *call.takes)

    def rows_of(self, tree: Layer) -> list[LayerFigures]:
        self._add(tree, "", "", 0)
        return self.rows

    def _add(self, layer: Layer, path: str, prefix: str, depth: int) -> LayerFigures:
        """Add the row of a layer and those below it."""
        operation = layer.operation
        parameters = operation.parameters if operation is not None else 0
        macs = NO_MACS
        if path in self.macs:
            assert operation is not None
            assert operation.mac_kind is not None
            macs = NO_MACS._replace(**{operation.mac_kind: self.macs[path]})
        rows = self.rows
        place = len(rows)
        if layer.children:
            rows.append(None)  # type: ignore[arg-type]  # replaced when the children's are known
            convolution, linear, attention = macs
            for child in layer.in_order():
                below = self._add(child, prefix + child.name, f"{prefix}{child.name}.", depth + 1)
                copies, each = child.copies, below.macs
                parameters += copies * below.parameters
                if each is not NO_MACS:
                    convolution += copies * each.convolution
                    linear += copies * each.linear
                    attention += copies * each.attention
            macs = Macs(convolution, linear, attention)
        call = self.calls.get(path)
        if call is not None and layer.is_list and call.gives.shared:
            # A list that holds a weight is never called: it has the shape of the module whose weight that is.
            call = self.calls[path.rpartition(".")[0]]
        shape = call.gives.shape(self.batch, layer.channels_first) if call is not None else ()
        row = LayerFigures(path, layer.kind, depth, parameters, macs, shape, operation, layer.copies)
        if layer.children:
            rows[place] = row
        else:
            rows.append(row)
        return row


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
