"""The one walk: what a model runs, call by call, in the order of the forward pass.

Shapes, MACs, the lives of tensors, the work of a roofline, gradients and receptive fields are all folds over what
`run` gives. A value is known by the position of the call that made it; what the model takes is -1, -2, …

A folded layer (`layer.py`) is called once for all its copies. Where its first copy and the others may differ, as in
what is kept already and what is not, `apart` calls it twice: once for the first, and once for all others.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from math import prod
from typing import NamedTuple

from w2v_explore.tree.layer import OWN, PREVIOUS, Layer, Source
from w2v_explore.tree.operations import Flow, Needs, Operation


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


Trained = Mapping[str, Collection[str]]
"""The names of the parameters that are trained of each module's own, by its folded path; a module without any is in it
or not."""


def need_gradients(
    calls: Sequence[Call], taken_need: Sequence[bool] = (), trained: Trained | None = None
) -> list[Needs | None]:
    """Of each call by which the backward pass comes, what needs a gradient; None of all others.

    The backward pass starts at what the calls give in the end, of which the loss is taken, and comes by all from which
    that was made and which give something that needs a gradient: what is made with a trained parameter, or of such.
    Of folded layers that all take the same what each gives is wanted, if what the last gives is.

    Args:
        calls: With folded layers `apart`.
        taken_need: Of each that the tree takes, whether it needs a gradient; none of what a model takes does.
        trained: The parameters that are; all that are not `untrained` where it is None.
    """
    taken = {~number for number, does in enumerate(taken_need) if does}
    does_need: list[bool] = []
    owned: list[Collection[str]] = []
    for call in calls:
        own: Collection[str] = ()
        operation = call.operation
        if operation is None:
            does_need.append(False)  # what it gives is known by the calls inside it
        else:
            own = own_parameters(call, operation, trained)
            does_need.append(
                bool(own) or True in [does_need[made] if made >= 0 else made in taken for made in call.needs]
            )
        owned.append(own)
    wanted = set(calls[0].results)
    beside = wanted_too(calls)
    needs: list[Needs | None] = [None] * len(calls)
    for position in range(len(calls) - 1, -1, -1):
        if position in wanted:
            if position in beside:
                wanted.add(beside[position])
            if does_need[position]:
                call = calls[position]
                wanted.update(call.needs)
                needing = [does_need[made] if made >= 0 else made in taken for made in call.needs]
                needs[position] = Needs(needing, owned[position])
    return needs


def shared_parameters(call: Call) -> list[tuple[str, str]]:
    """The parameters of siblings that a call computes with (`Layer.shares`): their module's path, and their name."""
    parent = call.path.rpartition(".")[0]
    parted = [parameter.rpartition(".") for parameter in call.layer.shares]
    return [(f"{parent}.{sibling}" if parent else sibling, name) for sibling, _, name in parted]


def own_parameters(call: Call, operation: Operation, trained: Trained | None) -> Collection[str]:
    """The names of those parameters of a call's operation that are trained, its own and those that it shares."""
    shares = call.layer.shares
    if trained is None:
        if operation.untrained:
            return ()
        return (
            operation.parameter_shapes() if not shares else dict.fromkeys(name for _, name in shared_parameters(call))
        )
    if not shares:
        return trained.get(call.path, ())
    return dict.fromkeys(name for path, name in shared_parameters(call) if name in trained.get(path, ()))


def wanted_too(calls: Sequence[Call]) -> dict[int, int]:
    """What the first of folded layers gives that all take the same, by what the others give, with which it is wanted.

    Args:
        calls: With folded layers `apart`.
    """
    beside: dict[int, int] = {}
    for position, call in enumerate(calls):
        layer = call.layer
        if layer.copies == 1 or layer.follows_itself:
            continue
        length = call.end - position
        if position >= length and calls[position - length].path == call.path:
            for result in call.results:
                beside[result] = result - length
    return beside


def with_gradients(calls: Sequence[Call], needs: Sequence[Needs | None]) -> dict[str, set[str]]:
    """The names of the parameters that get a gradient of each module's own, by its folded path.

    Args:
        calls: With folded layers `apart`.
        needs: What `need_gradients` gives of them.
    """
    found: dict[str, set[str]] = {}
    for call, need in zip(calls, needs, strict=True):
        if need is None or not need.own:
            continue
        if not call.layer.shares:
            found.setdefault(call.path, set()).update(need.own)
            continue
        for path, name in shared_parameters(call):
            if name in need.own:
                found.setdefault(path, set()).add(name)
    return found


def elements_of(tree: Layer, names: Mapping[str, Collection[str]], path: str = "") -> int:
    """Elements of some parameters.

    Args:
        tree: The module at a path, of folded layers one copy.
        names: Of the parameters of each module's own, by its folded path.
        path: Where the module is.
    """
    elements = 0
    operation = tree.operation
    if operation is not None and path in names:
        shapes, wanted = operation.parameter_shapes(), names[path]
        elements = operation.parameters
        if len(wanted) < len(shapes):
            elements = sum([prod(shape) for name, shape in shapes.items() if name in wanted])
    prefix = f"{path}." if path else ""
    for child in tree.children:
        name = prefix + child.name
        if child.children or name in names:
            elements += child.copies * elements_of(child, names, name)
    return elements
