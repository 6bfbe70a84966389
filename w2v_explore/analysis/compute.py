"""Parameters, output shapes and MACs of every layer, a fold over the calls of a forward pass."""

from collections.abc import Iterator, Sequence
from functools import partial
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
_Macs = partial(tuple.__new__, Macs)
_PLACES = {kind: place for place, kind in enumerate(Macs._fields)}


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


_Figures = partial(tuple.__new__, LayerFigures)
"""`LayerFigures` of the tuple of their attributes, in half the time of their own constructor."""


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
    """The rows so far, and by path what the calls give."""

    __slots__ = ("batch", "calls", "macs", "rows")

    def __init__(self, calls: Sequence[Call], batch: int) -> None:
        self.batch = batch
        self.rows: list[LayerFigures] = []
        # Of a module that runs more than once: the first call.
        self.calls = {call.path: call for call in reversed(calls)}
        # Of each operation that counts some: one call's, or those of several calls together.
        self.macs: dict[str, Macs] = {}
        for call in calls:
            operation = call.operation
            if operation is not None and operation.mac_kind is not None:
                counted = list(self.macs.get(call.path, NO_MACS))
                counted[_PLACES[operation.mac_kind]] += operation.macs(batch, *call.takes)
                self.macs[call.path] = _Macs(counted)

    def rows_of(self, tree: Layer) -> list[LayerFigures]:
        self._add(tree, "", 0)
        return self.rows

    def _add(self, layer: Layer, path: str, depth: int) -> tuple[int, Macs]:
        """Add the row of a layer and those below it; returns its parameters and MACs."""
        operation, batch, calls, rows, all_macs = layer.operation, self.batch, self.calls, self.rows, self.macs
        parameters = operation.parameters if operation is not None else 0
        macs = all_macs.get(path, NO_MACS)
        place = len(rows)
        rows.append(None)  # type: ignore[arg-type]  # replaced when the children's are known
        prefix, convolution, linear, attention = f"{path}." if path else "", *macs
        # Most modules have an output of the size, and so of the shape, of the one before.
        size: Flow | None = None
        first = False
        shape: Shape = ()
        for child in layer.in_order():
            name, own, copies = prefix + child.name, child.operation, child.copies
            if own is None or child.children:
                own_parameters, own_macs = self._add(child, name, depth + 1)
            else:
                own_parameters, own_macs = own.parameters, all_macs.get(name, NO_MACS)
                if name not in calls:
                    size, shape = None, ()
                elif calls[name].gives != size or child.channels_first != first:
                    size, first = calls[name].gives, child.channels_first
                    shape = size.shape(batch, first)
                rows.append(_Figures((name, child.kind, depth + 1, own_parameters, own_macs, shape, own, copies)))
            parameters += copies * own_parameters
            if own_macs is not NO_MACS:
                convolution += copies * own_macs[0]
                linear += copies * own_macs[1]
                attention += copies * own_macs[2]
        if convolution or linear or attention:
            macs = _Macs((convolution, linear, attention))
        call = calls.get(path)
        if call is not None and call.gives.shared and layer.is_list:
            # A list that holds a weight is never called: it has the shape of the module whose weight that is.
            call = calls[path.rpartition(".")[0]]
        if call is None:
            shape = ()
        elif call.gives != size or layer.channels_first != first:
            shape = call.gives.shape(batch, layer.channels_first)
        rows[place] = _Figures((path, layer.kind, depth, parameters, macs, shape, operation, layer.copies))
        return parameters, macs


def unfold(rows: Sequence[LayerFigures], depth: int | None = None) -> Iterator[LayerFigures]:
    """Each layer that a row stands for as a row of its own, under its own path; down to a depth, or all."""
    if depth is not None:
        rows = [row for row in rows if row.depth <= depth]
    return iter(_unfolded(rows))


def _unfolded(rows: Sequence[LayerFigures]) -> list[LayerFigures]:
    every: list[LayerFigures] = []
    position = 0
    while position < len(rows):
        row = rows[position]
        if row.copies == 1:
            every.append(row)
            position += 1
            continue
        end = position + 1
        while end < len(rows) and rows[end].depth > row.depth:
            end += 1
        parent, _, first = row.path.rpartition(".")
        cut = len(row.path)
        below = [(each.path[cut:], each[1:-1]) for each in (row, *_unfolded(rows[position + 1 : end]))]
        for number in range(int(first), int(first) + row.copies):
            path = f"{parent}.{number}" if parent else str(number)
            every += [_Figures((path + rest, *others, 1)) for rest, others in below]
        position = end
    return every
