"""The one walk: what a model runs, call by call, in the order of the forward pass.

Shapes, MACs, the lives of tensors, the work of a roofline, gradients and receptive fields are all folds over what
`run` gives. A value is known by the position of the call that made it; what the model takes is -1, -2, …

A folded layer (`layer.py`) is called once for all its copies. Where its first copy and the others may differ, as in
what is kept already and what is not, `apart` calls it twice: once for the first, and once for all others.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from w2v_explore.tree.layer import OWN, PREVIOUS, Layer, Source
from w2v_explore.tree.operations import Flow, Operation


class Call(NamedTuple):
    """A module that runs; a composite comes before the calls inside it.

    Attributes:
        path: Its module path; a folded one's is that of the first.
        layer: The module.
        operation: What this call computes; None for a composite. One with an operation of its own has a call for it
            inside its own, under its own path.
        copies: For how many equal calls it stands, those of all folded layers around it multiplied.
        folded: How many of these are its own layer's.
        takes: The sizes of what it takes.
        sources: By which calls that was made. Inside a folded layer whose copies follow each other, what each copy
            takes first is known by the position of the layer's own call.
        gives: The size of what it returns first.
        results: By which calls what it returns was made.
        end: The position after the last call inside it.
        after_first: Of calls that are `apart`: the path of the outermost folded layer of which this is, or is inside,
            the copies after the first; empty where there is none.
    """

    path: str
    layer: Layer
    operation: Operation | None
    copies: int
    folded: int
    takes: tuple[Flow, ...]
    sources: tuple[int, ...]
    gives: Flow
    results: tuple[int, ...]
    end: int
    after_first: str = ""

    @property
    def needs(self) -> tuple[int, ...]:
        """The sources that it reads more than the lengths of."""
        return () if self.operation is not None and self.operation.reads_lengths else self.sources


_Call = partial(tuple.__new__, Call)
"""A `Call` of the tuple of its attributes, in half the time of its own constructor; a walk does little else."""


def run(tree: Layer, *takes: Flow) -> list[Call]:
    """All calls of a model, or of a part of one.

    Args:
        tree: The model; of a folded layer one copy.
        takes: What it takes.

    Raises:
        ValueError: Folded layers that follow each other give another size than they take.
    """
    if tree.copies > 1:
        tree = tree._replace(copies=1)
    if tree.operation is not None and not tree.children:
        sources = tuple([~number for number in range(len(takes))])
        return [Call("", tree, tree.operation, 1, 1, takes, sources, tree.operation.flow(*takes), (0,), 1)]
    walk = _Walk()
    for number, flow in enumerate(takes):
        walk.sizes[~number] = flow
    walk.call(tree, "", 1, tuple(walk.sizes))
    return walk.calls


class _Walk:
    """The calls so far, and the sizes of values by the call that made them."""

    __slots__ = ("calls", "sizes")

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.sizes: dict[int, Flow] = {}

    def call(self, layer: Layer, path: str, copies: int, sources: tuple[int, ...]) -> tuple[int, ...]:
        """Run a module with others inside on what it takes; returns by which calls what it gives was made."""
        calls, sizes, schedule = self.calls, self.sizes, layer.schedule
        position = len(calls)
        calls.append(None)  # type: ignore[arg-type]  # replaced when what it gives is known
        takes = (sizes[sources[0]],) if len(sources) == 1 else tuple([sizes[source] for source in sources])
        folded, taken = layer.copies, sources
        follows = folded > 1 and layer.follows_itself
        if follows:
            sizes[position] = takes[0]
            taken = (position, *sources[1:])
        prefix = f"{path}." if path else ""
        results: tuple[int, ...] = taken[:1]
        given: dict[str, tuple[int, ...]] = {}
        modules = {child.name: child for child in layer.children} if schedule else {}
        for step in schedule or layer.children:
            if isinstance(step, Layer):
                child = step
                result = name = child.name
                wanted = child.sources
            else:
                name, wanted, result = (step, (), "") if isinstance(step, str) else step
                if name == OWN:
                    child = layer
                else:
                    child = modules[name] if name in modules else layer.child(name)
                    wanted = wanted or child.sources
                    result = result or name
            if wanted:
                made = tuple([_find(source, results, taken, given) for source in wanted])
            else:
                made = results if len(results) == 1 else results[:1]
            operation = child.operation
            if child is layer:
                assert operation is not None
                number, place = 1, path
            else:
                number, place = child.copies, prefix + name
                if operation is None or child.children:
                    given[result] = results = self.call(child, place, copies * number, made)
                    continue
            here = len(calls)
            flows = (sizes[made[0]],) if len(made) == 1 else tuple([sizes[source] for source in made])
            sizes[here] = flow = operation.flow(*flows)
            if number > 1 and child.follows_itself:
                _check_size(place, flows[0], flow)
            given[result] = results = (here,)
            calls.append(
                _Call((place, child, operation, copies * number, number, flows, made, flow, results, here + 1, ""))
            )
        returned = layer.gives
        if returned:
            results = tuple([_find(source, results, taken, given) for source in returned])
        elif len(results) > 1:
            results = results[:1]
        gives = sizes[results[0]]
        if follows:
            _check_size(path, takes[0], gives)
        calls[position] = _Call((path, layer, None, copies, folded, takes, sources, gives, results, len(calls), ""))
        return results


def _check_size(path: str, takes: Flow, gives: Flow) -> None:
    if takes != gives:
        raise ValueError(f"{path} stands for layers that follow each other, and gives {gives} for {takes}")


def _find(
    source: Source, previous: tuple[int, ...], taken: tuple[int, ...], given: Mapping[str, tuple[int, ...]]
) -> int:
    """By which call a source was made."""
    if isinstance(source, int):
        return previous[0] if source == PREVIOUS else taken[source]
    if source in given:
        return given[source][0]
    name, _, number = source.partition(".")
    return given[name][int(number)]


def apart(calls: Sequence[Call]) -> list[Call]:
    """The same calls with every folded layer called twice: its first copy, and all the others.

    ``folded`` is then 1 for the first and the number of the others, and no value is known by a composite's position.
    """
    each = _Apart(calls)
    each.add(0, len(calls), 1, 1, "")
    return each.every


class _Apart:
    """The calls so far, and where in them what a call of the others gives is made."""

    __slots__ = ("calls", "every", "places")

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.every: list[Call] = []
        self.places: dict[int, int] = {}  # what a model takes is where it was

    def add(self, start: int, end: int, of: int, times: int, after_first: str) -> None:
        """Add the calls from one on and before another; of ``of`` copies of what is around them ``times`` are meant."""
        places = self.places
        position = start
        while position < end:
            call = self.calls[position]
            sources = tuple([places.get(made, made) for made in call.sources])
            if call.folded == 1:
                self.add_once(position, call, 1, sources, of, times, after_first)
            else:
                of_all, others = of * call.folded, call.folded - 1
                result = self.add_once(position, call, 1, sources, of_all, times, after_first)
                if call.layer.follows_itself:
                    sources = (result, *sources[1:])
                self.add_once(position, call, others, sources, of_all, times * others, after_first or call.path)
            position = call.end

    def add_once(
        self, position: int, call: Call, folded: int, sources: tuple[int, ...], of: int, times: int, after_first: str
    ) -> int:
        """Add one call and those inside it; returns where what it gives first is made."""
        every, places = self.every, self.places
        path, layer, operation, copies, _, takes, _, gives, results, end, _ = call
        copies = copies // of * times
        here = len(every)
        every.append(call)
        if operation is not None:
            places[position] = here
            results = (here,)
        else:
            places[position] = sources[0]
            self.add(position + 1, end, of, times, after_first)
            results = tuple([places.get(made, made) for made in results])
        every[here] = _Call(
            (path, layer, operation, copies, folded, takes, sources, gives, results, len(every), after_first)
        )
        return results[0]


def each_copy(calls: Sequence[Call]) -> tuple[list[Call], list[int]]:
    """The calls with every folded layer as its copies, under their own paths; and of which call each is a copy.

    No value is known by a composite's position.
    """
    each = _EachCopy(calls)
    each.add(0, len(calls), "", "")
    return each.every, each.of


class _EachCopy:
    """The calls so far, of which each is a copy, and where among them what a call gives is made by its last copy."""

    __slots__ = ("calls", "every", "of", "places")

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.every: list[Call] = []
        self.of: list[int] = []
        self.places: dict[int, int] = {}

    def add(self, start: int, end: int, folded_path: str, path: str) -> None:
        """Add the calls from one on and before another, which are inside a module of a path, folded and of its own."""
        places = self.places
        position = start
        while position < end:
            call = self.calls[position]
            sources = tuple([places.get(made, made) for made in call.sources])
            own_path = path + call.path[len(folded_path) :]
            for number in range(call.folded):
                if number:
                    parent, dot, first = own_path.rpartition(".")
                    result = self.add_once(position, call, sources, f"{parent}{dot}{int(first) + number}")
                else:
                    result = self.add_once(position, call, sources, own_path)
                if call.layer.follows_itself:
                    sources = (result, *sources[1:])
            position = call.end

    def add_once(self, position: int, call: Call, sources: tuple[int, ...], own_path: str) -> int:
        """Add one copy of a call and of those inside it; returns where what it gives first is made."""
        every, places = self.every, self.places
        path, layer, operation, _, _, takes, _, gives, results, end, _ = call
        here = len(every)
        every.append(call)
        self.of.append(position)
        if operation is not None:
            places[position] = here
            results = (here,)
        else:
            places[position] = sources[0]
            self.add(position + 1, end, path, own_path)
            results = tuple([places.get(made, made) for made in results])
        every[here] = _Call((own_path, layer, operation, 1, 1, takes, sources, gives, results, len(every), ""))
        return results[0]


def need_gradients(calls: Sequence[Call], taken_need: Sequence[bool] = ()) -> list[bool]:
    """Of each call, whether what it gives needs a gradient: once anything with parameters has run, all does.

    Args:
        calls: With folded layers `apart`.
        taken_need: Of each that the tree takes, whether it does; none of what a model takes does.
    """
    taken = {~number for number, does in enumerate(taken_need) if does}
    needs: list[bool] = []
    for call in calls:
        operation = call.operation
        if operation is None:
            needs.append(False)  # what it gives is known by the calls inside it
        elif operation.parameter_shapes():
            needs.append(True)
        elif operation.reads_lengths:
            needs.append(False)
        else:
            needs.append(True in [needs[made] if made >= 0 else made in taken for made in call.sources])
    return needs
