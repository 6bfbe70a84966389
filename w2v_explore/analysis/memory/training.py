"""What a training step keeps and computes: weights, gradients, Adam's states, activations, MACs.

The activations come from the lives of the tensors (`liveness`). What a device's driver, allocator and kernels use for
themselves is not in these figures, nor are the gradients of activations while the backward pass runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.compute import NO_MACS, Macs
from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.workload import DTYPE_BYTES
from w2v_explore.tree.run import Call, need_gradients


class Spread(NamedTuple):
    """A figure that LayerDrop makes random: with every layer dropped, on average, and with none dropped.

    All three are the same where no layer is ever dropped.
    """

    least: float
    expected: float
    greatest: float


class Equal(NamedTuple):
    """Some equal stacked layers.

    Attributes:
        copies: How many.
        drop: With which probability each is dropped.
    """

    copies: int
    drop: float

    @property
    def none_runs(self) -> float:
        """The probability that all of them are dropped."""
        return float(self.drop**self.copies)


class Random(NamedTuple):
    """A figure that depends on which stacked layers run.

    Attributes:
        fixed: What there is of it in any case.
        each: What each of some equal layers adds.
        once: What is there once if any of some layers run.
        largest: Of these, by equal layers, the largest that runs is there once.
    """

    fixed: int
    each: Sequence[tuple[Equal, int]] = ()
    once: Sequence[tuple[Sequence[Equal], int]] = ()
    largest: Sequence[tuple[Equal, int]] = ()

    @property
    def greatest(self) -> int:
        """Where none is dropped."""
        total = self.fixed + sum([layers.copies * value for layers, value in self.each])
        return total + sum([value for _, value in self.once]) + max([value for _, value in self.largest], default=0)

    def spread(self) -> Spread:
        """The figure over all that LayerDrop may do."""
        every = [layers for layers, _ in (*self.each, *self.largest)]
        greatest = self.greatest
        if not any(layers.drop for layers in every):
            return Spread(greatest, greatest, greatest)
        kept = Random(
            self.fixed,
            [(layers, value) for layers, value in self.each if not layers.drop],
            [(some, value) for some, value in self.once if not all(layers.drop for layers in some)],
            [(layers, value) for layers, value in self.largest if not layers.drop],
        )
        expected: float = self.fixed
        for layers, value in self.each:
            expected += layers.copies * (1 - layers.drop) * value
        for some, value in self.once:
            expected += (1 - prod([layers.none_runs for layers in some])) * value
        no_larger_runs = 1.0
        for layers, value in sorted(self.largest, key=lambda each: -each[1]):
            expected += no_larger_runs * (1 - layers.none_runs) * value
            no_larger_runs *= layers.none_runs
        return Spread(kept.greatest, expected, greatest)


class KeptActivations(NamedTuple):
    """What the backward pass keeps, in bytes.

    Attributes:
        plain: Without checkpoints.
        checkpointed: The most with a checkpoint at each stacked layer: what they take, and all that one of them keeps
            while it is computed again.
    """

    plain: Random
    checkpointed: Random


class Recipe(NamedTuple):
    """What training with Adam keeps of each parameter, in bytes.

    Attributes:
        name: ``float32``, or ``mixed precision, bfloat16``.
        weight: The copy that the forward pass uses.
        gradient: Its gradient.
        optimizer: Adam's two moments, and the float32 copy of the weight that mixed precision updates.
    """

    name: str
    weight: int
    gradient: int
    optimizer: int

    @property
    def is_mixed(self) -> bool:
        """Whether a float32 copy of the weights is kept beside those of the forward pass."""
        return self.weight == 2

    @property
    def bytes_per_parameter(self) -> int:
        """All together."""
        return self.weight + self.gradient + self.optimizer


# No slots: what few ask for is worked out once, when it is first asked for.
@dataclass(frozen=True, kw_only=True, repr=False)
class TrainingCost:
    """What one training step keeps and computes.

    Attributes:
        recipe: Bytes per parameter.
        weight_bytes: Of the weights that the forward pass uses.
        gradient_bytes: Of their gradients.
        optimizer_bytes: Of Adam's moments and mixed precision's float32 copy.
        kept_bytes: Activations that the backward pass keeps.
        checkpointed_bytes: The most that is kept with a checkpoint at each stacked layer: what they take, and all of
            one layer while it is computed again.
        forward: MACs of the forward pass, no layer dropped.
        backward: MACs of the backward pass: the forward pass's for each factor of a product that needs a gradient, so
            twice, but once where nothing with parameters ran before: nobody needs the waveforms' gradient. What a fused
            attention kernel computes again is not in it.
        macs: Forward and backward.
        checkpointed_macs: The same with the stacked layers computed twice.
    """

    recipe: Recipe
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    kept_bytes: Spread
    checkpointed_bytes: Spread
    forward: Macs
    backward: Macs
    macs: Spread
    checkpointed_macs: Spread
    _trace: Trace = field(compare=False)

    @cached_property
    def kept_by_layer(self) -> Mapping[str, int]:
        """The kept bytes of every module that keeps any, and of those around it, by folded path.

        Of folded layers it is what the first keeps.
        """
        return _kept_by_layer(self._trace)

    def __repr__(self) -> str:
        return (
            f"<TrainingCost in {self.recipe.name}: {self.total_bytes(checkpointing=False):,} bytes, "
            f"{self.total_bytes(checkpointing=True):,} with checkpoints, {int(self.macs.expected):,} MACs>"
        )

    def total_bytes(self, checkpointing: bool) -> int:
        """Weights, gradients, optimizer and the most of kept activations."""
        kept = self.checkpointed_bytes if checkpointing else self.kept_bytes
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + int(kept.greatest)


def recipe_of(dtype: str) -> Recipe:
    """What training in a dtype keeps of each parameter.

    Mixed precision is that of Micikevicius et al. 2018 (arXiv 1710.03740) with Adam, 16 bytes a parameter as in
    Rajbhandari et al. 2020 (arXiv 1910.02054).
    """
    size = DTYPE_BYTES[dtype]
    if size == 2:
        return Recipe(f"mixed precision, {dtype}", weight=2, gradient=2, optimizer=4 + 8)
    return Recipe(dtype, weight=size, gradient=size, optimizer=2 * size)


def training_cost(parameters: int, trace: Trace) -> TrainingCost:
    """The memory and the MACs of a training step; a dtype of 16 bits means mixed precision.

    Args:
        parameters: Elements of all parameters.
        trace: The tensors of the step.
    """
    recipe = recipe_of(trace.workload.dtype)
    kept = kept_activations(trace)
    work = training_macs(trace.lives.calls, trace.workload.batch, trace.lives.needs)
    return TrainingCost(
        recipe=recipe,
        weight_bytes=recipe.weight * parameters,
        gradient_bytes=recipe.gradient * parameters,
        optimizer_bytes=recipe.optimizer * parameters,
        kept_bytes=kept.plain.spread(),
        checkpointed_bytes=kept.checkpointed.spread(),
        forward=work.forward,
        backward=work.backward,
        macs=work.plain.spread(),
        checkpointed_macs=work.checkpointed.spread(),
        _trace=trace,
    )


class _Pass(NamedTuple):
    """A call of a stacked layer: of the first of some equal ones, or of all others.

    Attributes:
        start: Its position.
        equal: The number of the equal layers.
    """

    start: int
    equal: int


class _Stacks:
    """The stacked layers among calls; of stacked layers inside others only the outer ones.

    Attributes:
        equal: The equal layers, each with its passes.
        at: By position, the number of the pass that a call is inside of; -1 for those outside all.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self.passes: list[_Pass] = []
        self.equal: list[Equal] = []
        self.at = [-1] * len(calls)
        position = 0
        while position < len(calls):
            call = calls[position]
            if not call.layer.stacked:
                position += 1
                continue
            if call.after_first and call.after_first == call.path:
                equal = self.equal[-1]
                self.equal[-1] = equal._replace(copies=equal.copies + call.copies)
            else:
                self.equal.append(Equal(call.copies, call.layer.drop))
            self.at[position : call.end] = [len(self.passes)] * (call.end - position)
            self.passes.append(_Pass(position, len(self.equal) - 1))
            position = call.end

    def random(
        self,
        calls: Sequence[Call],
        fixed: int,
        by_pass: Sequence[int],
        shared: Mapping[frozenset[int], int],
        largest: Sequence[int] = (),
    ) -> Random:
        """A figure from what each copy of a pass adds, and from what is there once if any of some equal layers run."""
        each: dict[int, int] = {}
        once: list[tuple[Sequence[Equal], int]] = []
        most: dict[int, int] = {}
        for number, (_, equal) in enumerate(self.passes):
            value = by_pass[number]
            if equal in each and value != each[equal]:
                # All copies are counted as those after the first: what the first has more is there if any runs.
                once.append(([self.equal[equal]], each[equal] - value))
            each[equal] = value
            if largest:
                most[equal] = max(most.get(equal, 0), largest[number])
        once += [([self.equal[equal] for equal in sorted(every)], value) for every, value in shared.items()]
        return Random(
            fixed,
            [(self.equal[equal], value) for equal, value in each.items()],
            once,
            [(self.equal[equal], value) for equal, value in most.items()],
        )


class KeptByLayers:
    """Who keeps and takes what of the stacked layers: all of it that is the same for every workload.

    Where stacked layers are dropped, what the first of them takes is handed on, and stands for what the last gives.

    Attributes:
        kept: Every tensor that is kept; the first that keeps it; the numbers of the passes that do, with -1 for all
            others; the numbers of their equal layers; and those without which others keep it anyway.
        takers: The numbers of the passes that take a tensor which no others keep.
        stacks: The stacked layers.
        kept_by: The operations that keep a tensor, by tensor.
        keeping: The numbers of the passes that keep a tensor, and -1 where others do.
    """

    def __init__(self, lives: Lives, kept_by: Mapping[int, Sequence[int]]) -> None:
        self.stacks = stacks = _Stacks(lives.calls)
        self.kept_by, self.at = kept_by, stacks.at
        passes, at = stacks.passes, stacks.at
        self.keeping = {at[keeper] for keepers in kept_by.values() for keeper in keepers}
        # By the tensor that a pass gives, what it takes and the number of its equal layers.
        self.given: dict[int, tuple[int, int]] = {}
        self.takers: dict[int, list[int]] = {}
        is_random = any(equal.drop for equal in stacks.equal)
        for number, (start, equal) in enumerate(passes):
            call = lives.calls[start]
            tensor = lives.tensor(call.results[0])
            if is_random and tensor >= 0 and at[tensor] == number:
                self.given[tensor] = lives.tensor(call.sources[0]), equal
            for taken in {lives.tensor(made) for made in call.sources}:
                if not self._is_kept_by_others(taken):
                    self.takers.setdefault(taken, []).append(number)
        self.kept = []
        for tensor, keepers in kept_by.items():
            keeping = {at[position] for position in keepers}
            by_layers = frozenset([passes[number].equal for number in keeping if number >= 0])
            self.kept.append((tensor, keepers[0], keeping, by_layers, self.kept_instead(tensor)))

    def _is_kept_by_others(self, tensor: int) -> bool:
        return any(self.at[position] < 0 for position in self.kept_by.get(tensor, ()))

    def kept_instead(self, tensor: int) -> frozenset[int]:
        """The equal layers without which a tensor is one that others than stacked layers keep anyway; or none."""
        without = set()
        while tensor in self.given:
            tensor, equal = self.given[tensor]
            without.add(equal)
            if self._is_kept_by_others(tensor):
                return frozenset(without)
        return frozenset()

    @staticmethod
    def spare(shared: dict[frozenset[int], int], without: frozenset[int], keeping: frozenset[int], size: int) -> None:
        """Count nothing where equal layers keep a tensor, and none of those runs without which it is kept anyway."""
        if without and not keeping <= without:
            shared[without | keeping] = shared.get(without | keeping, 0) - size
            shared[without] = shared.get(without, 0) + size


def kept_activations(trace: Trace, layers: KeptByLayers | None = None) -> KeptActivations:
    """What the backward pass keeps of a forward pass in training.

    Args:
        trace: The tensors.
        layers: Of their lives, where that is known; it holds where no copy is kept instead of a tensor.
    """
    lives, calls = trace.lives, trace.lives.calls
    if layers is None or layers.kept_by is not trace.kept_by:
        layers = KeptByLayers(lives, trace.kept_by)
    stacks = layers.stacks
    passes, at = stacks.passes, stacks.at

    def per_copy(position: int, size: int) -> int:
        return size * calls[position].copies // calls[passes[at[position]].start].copies

    other = 0
    inside, outside = [0] * len(passes), [0] * len(passes)
    shared: dict[frozenset[int], int] = {}
    shared_inputs: dict[frozenset[int], int] = {}
    for tensor, first, keeping, equal, before in layers.kept:
        size = trace.tensor_bytes[tensor]
        if -1 in keeping:
            copies = calls[first].copies
            if before and copies == 1:
                for each in (shared, shared_inputs):
                    each[before] = each.get(before, 0) + size
            else:
                other += size * copies
        elif tensor >= 0 and at[tensor] in keeping:
            inside[at[tensor]] += per_copy(tensor, size)
        elif len(equal) == 1:
            outside[at[first]] += per_copy(first, size)
            layers.spare(shared, before, equal, size)
        else:
            shared[equal] = shared.get(equal, 0) + size
    for position, size in trace.beside_bytes.items():
        if at[position] < 0:
            other += size * calls[position].copies
        else:
            inside[at[position]] += per_copy(position, size)

    # A layer that keeps nothing is not computed again, and a checkpoint round it needs nothing.
    keep_any = layers.keeping | {at[position] for position in trace.beside_bytes}
    inputs = [0] * len(passes)
    for tensor, taking in layers.takers.items():
        numbers = [number for number in taking if number in keep_any]
        if not numbers:
            continue
        equal = frozenset([passes[number].equal for number in numbers])
        if len(equal) == 1:
            inputs[numbers[0]] += trace.tensor_bytes[tensor]
            layers.spare(shared_inputs, layers.kept_instead(tensor), equal, trace.tensor_bytes[tensor])
        else:
            shared_inputs[equal] = shared_inputs.get(equal, 0) + trace.tensor_bytes[tensor]
    both = [within + without for within, without in zip(inside, outside, strict=True)]
    return KeptActivations(
        stacks.random(calls, other, both, shared), stacks.random(calls, other, inputs, shared_inputs, inside)
    )


class TrainingMacs(NamedTuple):
    """The MACs of a training step.

    Attributes:
        forward: Of the forward pass, no layer dropped.
        backward: Of the backward pass.
        plain: Of both.
        checkpointed: The same with the stacked layers computed twice.
    """

    forward: Macs
    backward: Macs
    plain: Random
    checkpointed: Random


def training_macs(
    calls: Sequence[Call], batch: int, needs: Sequence[bool] = (), taken_need: Sequence[bool] = ()
) -> TrainingMacs:
    """The MACs of a training step.

    Args:
        calls: With folded layers apart (`run.apart`).
        batch: Utterances.
        needs: What `need_gradients` gives of these calls, where that is known.
        taken_need: As in `need_gradients`.
    """
    needs = needs or need_gradients(calls, taken_need)
    stacks = _Stacks(calls)
    forward, backward = NO_MACS._asdict(), NO_MACS._asdict()
    other = 0
    first, both = [0] * len(stacks.passes), [0] * len(stacks.passes)
    for position, call in enumerate(calls):
        operation = call.operation
        if operation is None or operation.mac_kind is None:
            continue
        there = operation.macs(batch, *call.takes)
        needed = [needs[made] if made >= 0 else bool(taken_need) and taken_need[~made] for made in call.sources]
        back = operation.backward_macs(batch, needed, *call.takes)
        forward[operation.mac_kind] += there * call.copies
        backward[operation.mac_kind] += back * call.copies
        number = stacks.at[position]
        if number < 0:
            other += (there + back) * call.copies
        else:
            copies = call.copies // calls[stacks.passes[number].start].copies
            first[number] += there * copies
            both[number] += (there + back) * copies
    again = [once + twice for once, twice in zip(first, both, strict=True)]
    plain, checkpointed = stacks.random(calls, other, both, {}), stacks.random(calls, other, again, {})
    return TrainingMacs(Macs(**forward), Macs(**backward), plain, checkpointed)


def _kept_by_layer(trace: Trace) -> dict[str, int]:
    """What each module and all below it keep, by folded path; one of folded layers, which is the first."""
    kept: dict[str, int] = {}
    calls = trace.lives.calls
    for position, size in zip(trace.lives.makers(), trace.kept_bytes, strict=True):
        call = calls[position]
        path, unseen = call.path, len(call.after_first)
        while True:
            # Of a folded layer the copies after the first are seen from above alone.
            if not unseen or len(path) < unseen:
                kept[path] = kept.get(path, 0) + size * call.copies
            if not path:
                break
            path = path.rpartition(".")[0]
    return kept
