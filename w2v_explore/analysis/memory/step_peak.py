"""The most that a training step holds at once, forward and backward: what it allocates and frees in order, in bytes.

The order goes by the operations and by what is trained (`step_order`), and is written once for all sizes of the input
of which operations keep the same.
"""

import copy
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.liveness import LOWER_BYTES, STATISTICS_BYTES, Lives, bytes_of
from w2v_explore.analysis.memory.step_order import Phase, Size, StepWriter
from w2v_explore.analysis.workload import Workload
from w2v_explore.tree.operations import Flow, Needs, Operation
from w2v_explore.tree.run import Call, Trained, each_copy, shared_parameters


class StepPeak(NamedTuple):
    """The most that a training step holds at once beside weights and optimizer.

    Attributes:
        bytes: Activations, their gradients, and the gradients of parameters that there are then.
        path: The module that runs first when it does.
        phase: In which pass it runs; a layer that is computed again is part of the backward pass.
    """

    bytes: int
    path: str
    phase: Phase


class Course(NamedTuple):
    """How much a training step holds beside weights and optimizer, from one allocation or release to the next.

    Attributes:
        live: Bytes after each: activations, their gradients, and the gradients of parameters.
        gradients: Those of the gradients of parameters among them.
        complete: Those of parameters whose gradients nothing more is added to.
        marks: From which number on which module runs in which pass.
    """

    live: Sequence[int]
    gradients: Sequence[int]
    complete: Sequence[int]
    marks: Sequence[tuple[int, str, Phase]]


class TrainingTimeline:
    """What a training step allocates and frees, in order.

    Args:
        calls: Of the model, as `run` gives them.
        trained: As in `need_gradients`.
        autocast: Whether ``torch.autocast`` runs the forward pass.
        checkpointing: Whether there is a checkpoint at each stacked layer.
        gradients_stay: Whether the gradients of parameters are there from the start, as with several forward passes for
            each update; otherwise each is there from when it is made.
        in_place: Whether gradients of one tensor are added up in the memory of one of them, as autograd does where
            nothing watches it.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        *,
        trained: Trained | None = None,
        autocast: bool = False,
        checkpointing: bool = False,
        gradients_stay: bool = False,
        in_place: bool = True,
    ) -> None:
        self._calls = calls
        self._copies, self._of = each_copy(calls)
        self._autocast, self._checkpointing = autocast, checkpointing
        self._gradients_stay, self._in_place = gradients_stay, in_place
        self._trained = None if trained is None else self._trained_of_copies(trained)
        self._lives = Lives(self._copies, training=True, trained=self._trained, autocast=autocast)
        # Operations that may keep something else where the sizes are such.
        self._may_change = [
            position
            for position, call in enumerate(calls)
            if call.operation is not None
            and (
                type(call.operation).copied is not Operation.copied
                or type(call.operation).kept_casts is not Operation.kept_casts
            )
        ]
        self._orders: dict[Any, _Order] = {}
        # What the courses with checkpoints and without have in common.
        self._known_flows: dict[tuple[Flow, ...], list[tuple[Sequence[Flow], Flow]]] = {}
        self._known_bytes: dict[tuple[tuple[Flow, ...], int, int], dict[Size, int]] = {}

    def _trained_of_copies(self, trained: Trained) -> Trained:
        """The parameters that are trained, by the paths of all modules."""
        found: dict[str, Collection[str]] = {}
        for call, of in zip(self._copies, self._of, strict=True):
            folded = self._calls[of]
            found[call.path] = trained.get(folded.path, ())
            for (path, _), (folded_path, _) in zip(shared_parameters(call), shared_parameters(folded), strict=True):
                found[path] = trained.get(folded_path, ())
        return found

    def peak(self, workload: Workload, *takes: Flow) -> StepPeak:
        """The peak for a workload.

        Args:
            workload: Of the model; its dtype is that of weights.
            takes: What the model takes.
        """
        flows = self._flows(takes)
        order = self._order_of(workload.batch, flows)
        return order.peak(list(map(self._bytes_of(workload, takes, flows), order.sizes)))

    def course(self, workload: Workload, *takes: Flow) -> Course:
        """All that is held for a workload, not only the peak; gradients of parameters must not stay from the start.

        Args:
            workload: As in `peak`.
            takes: What the model takes.
        """
        if takes not in self._known_flows:
            self._known_flows[takes] = self._flows(takes)
        flows = self._known_flows[takes]
        known = self._known_bytes.setdefault((takes, workload.batch, DTYPE_BYTES[workload.dtype]), {})
        order, bytes_of_size = self._order_of(workload.batch, flows), self._bytes_of(workload, takes, flows)
        for size in order.sizes:
            if size not in known:
                known[size] = bytes_of_size(size)
        return order.course([known[size] for size in order.sizes])

    def with_checkpoints(self) -> "TrainingTimeline":
        """The same step with a checkpoint at each stacked layer."""
        timeline = copy.copy(self)
        timeline._checkpointing, timeline._orders = True, {}
        return timeline

    def _order_of(self, batch: int, flows: Sequence[tuple[Sequence[Flow], Flow]]) -> "_Order":
        """The order for so many utterances, of what each call takes and gives."""
        key = tuple([_kept_otherwise(self._calls[each], batch, flows[each][0]) for each in self._may_change])
        if key not in self._orders:
            kept = {position: numbers for position, (_, numbers) in zip(self._may_change, key, strict=True)}
            copied = {position: numbers for position, (numbers, _) in zip(self._may_change, key, strict=True)}
            self._orders[key] = self._order(copied, kept)
        return self._orders[key]

    def _bytes_of(
        self, workload: Workload, takes: Sequence[Flow], flows: Sequence[tuple[Sequence[Flow], Flow]]
    ) -> Callable[[Size], int]:
        """How many bytes a size stands for."""
        plain_bytes, watched = DTYPE_BYTES[workload.dtype], not self._in_place

        def bytes_of_size(size: Size) -> int:
            element_bytes = LOWER_BYTES if size.lower else plain_bytes
            return _bytes(size, self._calls, flows, workload.batch, element_bytes, takes, watched)

        return bytes_of_size

    def _flows(self, takes: Sequence[Flow]) -> list[tuple[Sequence[Flow], Flow]]:
        """What each call takes and gives."""
        sizes = {~number: flow for number, flow in enumerate(takes)}
        flows: list[tuple[Sequence[Flow], Flow]] = []
        for position, call in enumerate(self._calls):
            taken = [sizes[made] for made in call.sources]
            sizes[position] = gives = taken[0] if call.operation is None else call.operation.flow(*taken)
            flows.append((taken, gives))
        return flows

    def _order(self, copied: Mapping[int, Sequence[int]], kept_casts: Mapping[int, Sequence[int]]) -> "_Order":
        writer = StepWriter(
            self._copies,
            self._of,
            self._lives,
            self._trained,
            self._autocast,
            self._gradients_stay,
            self._in_place,
            copied,
            kept_casts,
        )
        writer.write(self._checkpointing)
        return _Order(list(writer.sizes), writer.order, writer.marks, writer.complete)


def _kept_otherwise(call: Call, batch: int, taken: Sequence[Flow]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    operation = call.operation
    assert operation is not None
    every = Needs((True,) * len(taken), tuple(operation.parameter_shapes()))
    return tuple(operation.copied(batch, *taken)), tuple(operation.kept_casts(batch, every, *taken))


class _Order(NamedTuple):
    """What is allocated and freed, in order.

    Attributes:
        sizes: The sizes that there are.
        order: As of `StepWriter`.
        marks: As of `StepWriter`.
        complete: As of `StepWriter`.
    """

    sizes: Sequence[Size]
    order: Sequence[int]
    marks: Sequence[tuple[int, str, Phase]]
    complete: Sequence[tuple[int, int]]

    def peak(self, sizes: Sequence[int]) -> StepPeak:
        """The peak where the sizes are of so many bytes."""
        live = self._live(sizes)
        most = max(live)
        _, path, phase = self.marks[bisect_right(self.marks, live.index(most), key=lambda mark: mark[0]) - 1]
        return StepPeak(most, path, phase)

    def course(self, sizes: Sequence[int]) -> Course:
        """All that is held where the sizes are of so many bytes."""
        of_gradients = [
            number if of.what == "parameter" and not of.lower else 0
            for of, number in zip(self.sizes, sizes, strict=True)
        ]
        complete = [0] * (len(self.order) + 1)
        for start, number in self.complete:
            complete[start] += sizes[number]
        return Course(self._live(sizes), self._live(of_gradients), list(accumulate(complete)), self.marks)

    def _live(self, sizes: Sequence[int]) -> list[int]:
        """How much of some sizes there is after each allocation and release."""
        signed = [*sizes, *[-size for size in reversed(sizes)]]
        return list(accumulate([signed[number] for number in self.order]))


def _bytes(
    size: Size,
    calls: Sequence[Call],
    flows: Sequence[tuple[Sequence[Flow], Flow]],
    batch: int,
    element_bytes: int,
    takes: Sequence[Flow],
    watched: bool,
) -> int:
    what, place, _, number, needs = size
    if place < 0:
        return takes[~place].elements(batch) * element_bytes
    taken, gives = flows[place]
    operation = calls[place].operation
    assert operation is not None
    if what == "value":
        return gives.elements(batch) * (
            max(element_bytes, STATISTICS_BYTES) if operation.gives_statistics else element_bytes
        )
    if what == "turned":
        # With a single row or channel there is but one layout.
        return gives.elements(batch) * element_bytes if min(gives.frames, gives.channels) > 1 else 0
    if what == "taken":
        elements: int = operation.gradient_elements(batch, number, *taken)
        return elements * element_bytes
    if what == "cast":
        flow: Flow = taken[number]
        return flow.elements(batch) * element_bytes
    if what == "parameter":
        shape = operation.parameter_shapes().get(number) or operation.shared_shapes()[number]
        return prod(shape) * element_bytes
    if what == "kept beside":
        assert needs is not None
        return bytes_of(operation.kept_of_beside(batch, needs, *taken), element_bytes)
    beside = bytes_of(operation.kept_beside(batch, *taken), element_bytes)
    if what == "beside":
        return beside
    own = _bytes(size._replace(what="value"), calls, flows, batch, element_bytes, takes, watched) + beside
    if what == "more":
        moments = operation.training_moments(batch, *taken)
    else:
        assert needs is not None
        if size.lower:
            keeping, after = operation.autocast_backward_moments(batch, needs, watched, *taken)
        else:
            moments_of = operation.watched_backward_moments if watched else operation.backward_moments
            keeping, after = moments_of(batch, needs, *taken)
        if what == "gradients":
            moments = keeping
            own -= _sums_after(operation, batch, needs, taken, element_bytes) if number else 0
        else:
            moments, own = after, 0
    return max([bytes_of(moment, element_bytes) - own for moment in moments] + [0])


def _sums_after(operation: Operation, batch: int, needs: Needs, taken: Sequence[Flow], element_bytes: int) -> int:
    """The bytes of the gradients that are sums."""
    shapes = operation.parameter_shapes()
    elements = sum([prod(shapes[name]) for name in needs.own if name in operation.sums_after])
    numbers = [number for number, does in enumerate(needs.taken) if does and number in operation.sums_after]
    return (elements + sum([taken[number].elements(batch) for number in numbers])) * element_bytes
