"""Which tensors are alive as each operation runs, and which of them the backward pass keeps.

A tensor lives from the operation that makes it to the last that takes it, and what a module was called with lives as
long as the call. Views share the memory of what they are views of. Attention runs in a fused kernel where no other is
asked for (`tree/attention.py`). Dropout keeps a byte per element, as on an accelerator, or the factor 0 alone where its
probability is 1; what a kernel allocates for itself while it runs is seen where the operation says it
(`Operation.moments`).

Who takes and keeps what depends on the tree alone (`Lives`); its bytes on the workload (`Lives.trace`).

Where ``torch.autocast`` runs, each tensor is of float32 or of the lower precision, by what its operation says of itself
(`Operation.autocast`). What an operation takes in the other type is cast for it alone: it keeps its own copy instead of
the tensor, and three that take the same tensor keep three. Weights are cast once for the whole forward pass, and the
backward pass keeps the casts of those by which it multiplies.
"""

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.workload import Workload
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import NOTHING, Beside, Flow, Needs, Operation
from w2v_explore.tree.run import Call, Trained, apart, elements_of, need_gradients, run, with_gradients

STATISTICS_BYTES = 4
LOWER_BYTES = 2
"""Of a number in either of the lower precisions of autocast, bfloat16 and float16."""


class OperationMemory(NamedTuple):
    """What one operation does to memory.

    Attributes:
        path: Its folded path.
        live_bytes: All tensors that are alive while it runs, its inputs and outputs and the waveforms among them;
            without parameters.
        kept_bytes: What it keeps for the backward pass and no operation before it keeps already; 0 in inference.
        output_bytes: Of what it puts out.
        copies: For how many equal operations it stands. Folded operations of which the first differs from the others
            are two, of the same path.
    """

    path: str
    live_bytes: int
    kept_bytes: int
    output_bytes: int
    copies: int


def bytes_of(beside: Beside, element_bytes: int) -> int:
    """The bytes of what an operation makes beside its output."""
    statistics, elements, masks = beside
    return statistics * max(STATISTICS_BYTES, element_bytes) + elements * element_bytes + masks


def trace_memory(tree: Layer, workload: Workload, *, training: bool) -> list[OperationMemory]:
    """Every operation that makes a tensor, in the order in which they run.

    Args:
        tree: A model's tree.
        workload: With samples enough for one frame.
        training: Whether dropout is on and tensors are kept for the backward pass.
    """
    assert tree.takes is not None
    takes = tree.takes.flow(workload.samples)
    return Lives(apart(run(tree, takes)), training=training).trace(workload, takes).operations()


class _Made(NamedTuple):
    """An operation: what is the same for every workload.

    Attributes:
        position: Of its call.
        operation: What it computes.
        sources: By which calls what it takes was made.
        until: Before which call its output is freed; None where that is no tensor of its own.
        keeps: The tensors that it keeps and no operation before it does.
        makes_beside: Whether it makes anything beside its output.
        keeps_beside: What needs a gradient, where it keeps some of what it makes beside its output for that.
        has_moments: Whether it is to be asked what it holds while it runs, as few are.
        is_lower: Whether it gives the lower precision.
        casts: What it takes that is cast for it, by number.
    """

    position: int
    operation: Operation
    sources: tuple[int, ...]
    until: int | None
    keeps: Sequence[int]
    makes_beside: bool
    keeps_beside: Needs | None
    has_moments: bool
    is_lower: bool
    casts: Collection[int]


class Lives:
    """Who makes, takes and keeps the tensors of a model: a tensor is known by the call that made it.

    Attributes:
        calls: With folded layers `apart`.
        needs: What `need_gradients` says of each call; empty in inference.
        training: Whether dropout is on and tensors are kept for the backward pass.
        kept_by: The operations that keep a tensor, by tensor, in the order in which they run; empty in inference. Those
            that may keep a copy instead are among them; those that keep what is cast for them are not.
        until: Before which call each tensor is freed, what the calls take among them.
        cast_weights: The elements of the weight of which an operation keeps a cast, by its position; a module that runs
            twice keeps one.

    Args:
        calls: The same.
        training: Whether dropout is on and tensors are kept for the backward pass.
        taken_need: As in `need_gradients`.
        is_wanted: Whether a loss depends on what the calls give in the end; always that of a model.
        trained: As in `need_gradients`.
        autocast: Whether ``torch.autocast`` runs.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        *,
        training: bool,
        taken_need: Sequence[bool] = (),
        is_wanted: bool = True,
        trained: Trained | None = None,
        autocast: bool = False,
    ) -> None:
        self.calls = calls
        self.training = training
        self.kept_by: dict[int, list[int]] = {}
        # What an operation takes, and may keep copies of instead where the sizes are such; by its position.
        self._may_copy: dict[int, Sequence[int]] = {}
        # A view is known by the tensor that it is a view of.
        tensors: dict[int, int] = {}
        until: dict[int, int] = {}
        self._tensors, self.until = tensors, until
        self.needs: list[Needs | None] = []
        if training:
            self.needs = need_gradients(calls, taken_need, trained) if is_wanted else [None] * len(calls)
        needs = self.needs
        self.cast_weights: dict[int, int] = {}
        lower: Collection[int] = ()
        casts: Mapping[int, Collection[int]] = {}
        if autocast:
            # Imported where it is asked for: most commands know no autocast.
            from w2v_explore.analysis.memory.autocast import AutocastTypes

            types = AutocastTypes(calls)
            lower, casts = types.lower, types.casts
        for position, call in enumerate(calls):
            operation = call.operation
            if operation is None:
                # A list is never called itself: what it is given lives until the last of its modules has taken it.
                if not call.layer.is_list:
                    self._hold(call.sources, call.end)
                continue
            sources = () if operation.reads_lengths else call.sources
            needed = [tensors.get(made, made) for made in sources]
            for tensor in needed:
                if until.get(tensor, 0) <= position:
                    until[tensor] = position + 1
            if position in casts and operation.passes_on(training):
                # What its module goes on with instead of what it takes.
                until[position] = min([each.end for each in calls[:position] if each.end > position])
                continue
            if operation.passes_on(training):
                first = call.sources[0]
                tensors[position] = tensors.get(first, first)
                continue
            until[position] = position + 1
            need = needs[position] if training else None
            if need is not None:
                kept = operation.kept_of(needed, position, need)
                if position in casts:
                    numbers = operation.kept_of(range(len(needed)), len(needed), need)
                    kept = [(*needed, position)[number] for number in numbers if number not in casts[position]]
                for tensor in kept:
                    self.kept_by.setdefault(tensor, []).append(position)
                if type(operation).copied is not Operation.copied:
                    self._may_copy[position] = needed
        for call in calls:
            if call.operation is None:
                self._hold(call.results, call.end)
        self._inputs = {made: end for made, end in self.until.items() if made < 0}
        keeps: dict[int, list[int]] = {}
        for tensor, (first, *_) in self.kept_by.items():
            keeps.setdefault(first, []).append(tensor)
        self._made = [
            tuple.__new__(
                _Made,
                (
                    position,
                    call.operation,
                    call.sources,
                    None if position in tensors else until[position],
                    keeps.get(position, ()),
                    training or not call.operation.beside_in_training_alone,
                    needs[position] if training else None,
                    not training and type(call.operation).moments is not Operation.moments,
                    position in lower,
                    casts.get(position, ()),
                ),
            )
            for position, call in enumerate(calls)
            if call.operation is not None
        ]
        if autocast and training:
            self._cast_weights()

    def _cast_weights(self) -> None:
        """Find the weights of which casts are kept."""
        cast_once: set[tuple[str, tuple[bool, ...]]] = set()
        # Of the folded layers around a call, before which call they end, and whether they are those after the first.
        around: list[tuple[int, bool]] = []
        ended: dict[str, tuple[int, bool]] = {}
        for position, (call, need) in enumerate(zip(self.calls, self.needs, strict=True)):
            while around and around[-1][0] <= position:
                around.pop()
            if call.layer.copies > 1:
                end, were_others = ended.get(call.path, (0, True))
                around.append((call.end, end == position and not were_others))
                ended[call.path] = around[-1]
            operation, module = call.operation, (call.path, tuple([are_others for _, are_others in around]))
            if operation is None or need is None or operation.autocast != "lower" or module in cast_once:
                continue
            shapes = operation.parameter_shapes()
            if "weight" in shapes and operation.keeps_weight(need):
                self.cast_weights[position] = prod(shapes["weight"])
                if "weight" in need.own:  # a weight that is not trained is cast each time
                    cast_once.add(module)

    def learned_of(self, tree: Layer) -> int:
        """Elements of the parameters that get a gradient, of the tree that is run."""
        return elements_of(tree, with_gradients(self.calls, self.needs))

    def tensor(self, made: int) -> int:
        """The tensor in whose memory lies what a call made."""
        return self._tensors.get(made, made)

    def _hold(self, values: Sequence[int], end: int) -> None:
        for made in values:
            tensor = self._tensors.get(made, made)
            if self.until.get(tensor, 0) < end:
                self.until[tensor] = end

    def trace(self, workload: Workload, *takes: Flow, held_bytes: int = 0) -> "Trace":
        """The bytes of all this.

        Args:
            workload: Of the model.
            takes: What the tree takes.
            held_bytes: Tensors beside those that are alive all along.
        """
        batch, plain_bytes = workload.batch, DTYPE_BYTES[workload.dtype]
        sizes = {~number: flow for number, flow in enumerate(takes)}
        tensor_bytes: dict[int, int] = {}
        beside_bytes: dict[int, int] = {}
        freed = [0] * (len(self.calls) + 1)
        live = held_bytes
        for made, end in self._inputs.items():
            tensor_bytes[made] = size = sizes[made].elements(batch) * plain_bytes
            live += size
            freed[end] += size
        lives: list[int] = []
        kept: list[int] = []
        position = 0
        for (
            place, operation, sources, until, keeps, makes_beside, keeps_beside, has_moments, is_lower, casts,
        ) in self._made:  # fmt: skip
            flows = [sizes[made] for made in sources]
            sizes[place] = gives = operation.flow(*flows)
            if until is None:
                continue
            while position < place:
                position += 1
                live -= freed[position]
            element_bytes = LOWER_BYTES if is_lower else plain_bytes
            size = gives.elements(batch) * element_bytes
            if operation.gives_statistics and element_bytes < STATISTICS_BYTES:
                size = size // element_bytes * STATISTICS_BYTES
            tensor_bytes[place] = size
            live += size
            freed[until] += size
            makes = operation.kept_beside(batch, *flows) if makes_beside else NOTHING
            beside = 0
            if makes is not NOTHING:
                beside = bytes_of(makes, element_bytes)
            moments = operation.moments(batch, *flows) if has_moments else ()
            if moments:
                lives.append(live - size + max([bytes_of(made, element_bytes) for made in moments]))
            else:
                lives.append(live + beside)
            keeping = sum([tensor_bytes[tensor] for tensor in keeps]) if keeps else 0
            if keeps_beside is not None and (beside or casts):
                beside = bytes_of(operation.kept_of_beside(batch, keeps_beside, *flows), element_bytes)
                if casts:
                    numbers = [
                        number for number in operation.kept_casts(batch, keeps_beside, *flows) if number in casts
                    ]
                    beside += sum([flows[number].elements(batch) for number in numbers]) * element_bytes
                if beside:
                    beside_bytes[place] = beside
                    keeping += beside
            kept.append(keeping)
        kept_by = self.kept_by
        copied = {position: self._copied(position, batch, sizes) for position in self._may_copy}
        if any(copied.values()):
            kept_by = {}
            places = {position: number for number, position in enumerate(self.makers())}
            for tensor, keepers in self.kept_by.items():
                left = [each for each in keepers if tensor not in copied.get(each, ())]
                kept[places[keepers[0]]] -= tensor_bytes[tensor]
                if left:
                    kept[places[left[0]]] += tensor_bytes[tensor]
                    kept_by[tensor] = left
        cast_weights = {position: LOWER_BYTES * elements for position, elements in self.cast_weights.items()}
        return Trace(self, workload, lives, kept, tensor_bytes, beside_bytes, kept_by, cast_weights)

    def _copied(self, position: int, batch: int, sizes: Mapping[int, Flow]) -> set[int]:
        """The tensors of which an operation keeps a copy instead."""
        call = self.calls[position]
        assert call.operation is not None
        taken = self._may_copy[position]
        return {taken[number] for number in call.operation.copied(batch, *[sizes[made] for made in call.sources])}

    def makers(self) -> list[int]:
        """The positions of the calls that make a tensor."""
        return [made.position for made in self._made if made.until is not None]


class Trace(NamedTuple):
    """What `Lives` are in bytes for a workload.

    Attributes:
        lives: Whose.
        workload: Which.
        live_bytes: Alive while an operation runs, for each that makes a tensor; what autocast casts is left out.
        kept_bytes: What each of them keeps, and none before it does.
        tensor_bytes: Of each tensor.
        beside_bytes: What an operation keeps that it makes beside its output, by position; what is cast for it of what
            it takes is among it.
        kept_by: As in `Lives`, without the operations that keep a copy instead.
        cast_weight_bytes: Of the cast of a weight that an operation keeps, by position.
    """

    lives: Lives
    workload: Workload
    live_bytes: list[int]
    kept_bytes: list[int]
    tensor_bytes: dict[int, int]
    beside_bytes: dict[int, int]
    kept_by: Mapping[int, Sequence[int]]
    cast_weight_bytes: Mapping[int, int]

    @property
    def peak_bytes(self) -> int:
        """The most that is alive at once."""
        return max(self.live_bytes)

    @property
    def peak_path(self) -> str:
        """The folded path of the first operation during which most is alive."""
        return self.lives.calls[self.lives.makers()[self.live_bytes.index(self.peak_bytes)]].path

    def operations(self) -> list[OperationMemory]:
        """Each operation by itself; equal ones of the same path together."""
        copies: dict[tuple[str, int, int, int], int] = {}
        makers = self.lives.makers()
        for position, live, kept in zip(makers, self.live_bytes, self.kept_bytes, strict=True):
            call = self.lives.calls[position]
            key = call.path, live, kept, self.tensor_bytes[position]
            copies[key] = copies.get(key, 0) + call.copies
        return [OperationMemory(*key, number) for key, number in copies.items()]
