"""Which activations the backward pass keeps, and how many bytes of them where layers are dropped or checkpointed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.memory.stacks import Random, Stacks


class KeptActivations(NamedTuple):
    """What the backward pass keeps, in bytes.

    Attributes:
        plain: Without checkpoints.
        checkpointed: The most with a checkpoint at each stacked layer: what they take, and all that one of them keeps
            while it is computed again.
        plain_and_weights: The first, and the casts of weights that are kept; the same where autocast does not run.
        checkpointed_and_weights: The second, and the casts of weights; those of stacked layers are made again as well.
    """

    plain: Random
    checkpointed: Random
    plain_and_weights: Random
    checkpointed_and_weights: Random


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
        self.stacks = stacks = Stacks(lives.calls)
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
    plain = stacks.random(calls, other, both, shared)
    checkpointed = stacks.random(calls, other, inputs, shared_inputs, inside)
    if not trace.cast_weight_bytes:
        return KeptActivations(plain, checkpointed, plain, checkpointed)
    for position, size in trace.cast_weight_bytes.items():
        if at[position] < 0:
            other += size * calls[position].copies
        else:
            inside[at[position]] += per_copy(position, size)
            both[at[position]] += per_copy(position, size)
    return KeptActivations(
        plain,
        checkpointed,
        stacks.random(calls, other, both, shared),
        stacks.random(calls, other, inputs, shared_inputs, inside),
    )


def kept_by_layer(trace: Trace) -> dict[str, int]:
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
