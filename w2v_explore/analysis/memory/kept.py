"""Which activations the backward pass keeps, and how many bytes of them where layers are dropped or checkpointed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.memory.stacks import Random, Stacks
from w2v_explore.tree.run import Call


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
        kept_only_with: The numbers of the equal layers any of which has to run for others to keep a tensor, by tensor.
        takers: The numbers of the passes that take a tensor which no others keep.
        stacks: The stacked layers.
        kept_by: The operations that keep a tensor, by tensor.
        keeping: The numbers of the passes that keep a tensor, or a weight, and -1 where others do.
    """

    def __init__(self, lives: Lives, kept_by: Mapping[int, Sequence[int]]) -> None:
        self.stacks = stacks = Stacks(lives.calls, lives.needs)
        self.kept_by, self.at = kept_by, stacks.at
        passes, at = stacks.passes, stacks.at
        self.keeping = {at[keeper] for keepers in kept_by.values() for keeper in keepers}
        # A frozen weight is kept for the gradient of what it is multiplied with: it takes no memory, but a checkpoint
        # goes round the layer all the same.
        self.keeping |= {
            at[position]
            for position, need in enumerate(lives.needs)
            if need is not None and True in need.taken and _multiplies(lives.calls[position])
        }
        # By the tensor that a pass gives, what it takes and the number of its equal layers.
        self.given: dict[int, tuple[int, int]] = {}
        self.takers: dict[int, list[int]] = {}
        self.kept_only_with: dict[int, frozenset[int]] = {}
        is_random = any(equal.drop for equal in stacks.equal)
        for number, (start, equal) in enumerate(passes):
            call = lives.calls[start]
            tensor = lives.tensor(call.results[0])
            if is_random and tensor >= 0 and at[tensor] == number:
                self.given[tensor] = lives.tensor(call.sources[0]), equal
            for taken in {lives.tensor(made) for made in call.sources}:
                if not self._is_kept_by_others(taken):
                    self.takers.setdefault(taken, []).append(number)
        kept = []
        for tensor, keepers in kept_by.items():
            keeping = {at[position] for position in keepers if position not in stacks.only_with}
            by_layers = frozenset([passes[number].equal for number in keeping if number >= 0])
            if stacks.only_with and -1 not in keeping:
                with_any = [stacks.only_with[position] for position in keepers if position in stacks.only_with]
                if with_any:
                    self.kept_only_with[tensor] = with_any[0].union(*with_any)
            kept.append((tensor, keepers[0], keeping, by_layers))
        # Once it is known what is kept with others alone.
        self.kept = [
            (tensor, first, keeping, by_layers, self.kept_instead(tensor, None if -1 in keeping else by_layers))
            for tensor, first, keeping, by_layers in kept
        ]

    def _is_kept_by_others(self, tensor: int) -> bool:
        at, only_with = self.at, self.stacks.only_with
        return any(at[position] < 0 and position not in only_with for position in self.kept_by.get(tensor, ()))

    def kept_instead(self, tensor: int, keeping: frozenset[int] | None) -> frozenset[int]:
        """The equal layers without which a tensor is one that others than stacked layers keep anyway; or none.

        Args:
            tensor: The tensor.
            keeping: The equal layers that keep it; None where others do.
        """
        without = set()
        while tensor in self.given:
            tensor, equal = self.given[tensor]
            without.add(equal)
            kept_too = keeping and tensor in self.kept_only_with and keeping <= self.kept_only_with[tensor]
            if kept_too or self._is_kept_by_others(tensor):
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

    def add(sizes: Mapping[int, int]) -> int:
        """Add what operations keep of their own, by position; returns that of those outside the stacked layers."""
        others = 0
        for position, size in sizes.items():
            if position in stacks.only_with:
                key = stacks.only_with[position]
                for each in (shared, shared_inputs):
                    each[key] = each.get(key, 0) + size * calls[position].copies
            elif at[position] < 0:
                others += size * calls[position].copies
            else:
                inside[at[position]] += per_copy(position, size)
        return others

    for tensor, first, keeping, equal, before in layers.kept:
        size = trace.tensor_bytes[tensor]
        if -1 in keeping:
            copies = calls[first].copies
            if before and copies == 1:
                for each in (shared, shared_inputs):
                    each[before] = each.get(before, 0) + size
            else:
                other += size * copies
        elif tensor in layers.kept_only_with:
            only_with = layers.kept_only_with[tensor]
            takers = frozenset([passes[number].equal for number in layers.takers.get(tensor, ())])
            for each, key in ((shared, only_with | equal), (shared_inputs, only_with | takers)):
                each[key] = each.get(key, 0) + size * calls[first].copies
        elif tensor >= 0 and at[tensor] in keeping:
            inside[at[tensor]] += per_copy(first, size)
        elif len(equal) == 1:
            outside[at[first]] += per_copy(first, size)
            layers.spare(shared, before, equal, size)
        else:
            shared[equal] = shared.get(equal, 0) + size
    other += add(trace.beside_bytes)

    # A layer that keeps nothing is not computed again, and a checkpoint round it needs nothing.
    keep_any = layers.keeping | {at[position] for position in trace.beside_bytes}
    inputs = [0] * len(passes)
    for tensor, taking in layers.takers.items():
        numbers = [number for number in taking if number in keep_any]
        if not numbers or tensor in layers.kept_only_with:
            continue
        equal = frozenset([passes[number].equal for number in numbers])
        if len(equal) == 1:
            inputs[numbers[0]] += trace.tensor_bytes[tensor]
            layers.spare(shared_inputs, layers.kept_instead(tensor, equal), equal, trace.tensor_bytes[tensor])
        else:
            shared_inputs[equal] = shared_inputs.get(equal, 0) + trace.tensor_bytes[tensor]
    both = [within + without for within, without in zip(inside, outside, strict=True)]
    plain = stacks.random(calls, other, both, shared)
    checkpointed = stacks.random(calls, other, inputs, shared_inputs, inside)
    if not trace.cast_weight_bytes:
        return KeptActivations(plain, checkpointed, plain, checkpointed)
    other += add(trace.cast_weight_bytes)
    both = [within + without for within, without in zip(inside, outside, strict=True)]
    return KeptActivations(
        plain,
        checkpointed,
        stacks.random(calls, other, both, shared),
        stacks.random(calls, other, inputs, shared_inputs, inside),
    )


def _multiplies(call: Call) -> bool:
    return call.operation is not None and call.operation.mac_kind is not None


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
