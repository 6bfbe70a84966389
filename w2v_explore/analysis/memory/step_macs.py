"""The MACs of a training step: forward, backward, and the layers that checkpoints have computed again."""

from collections.abc import Sequence
from typing import NamedTuple

from w2v_explore.analysis.compute import NO_MACS, Macs
from w2v_explore.analysis.memory.stacks import Random, Stacks
from w2v_explore.tree.operations import Needs
from w2v_explore.tree.run import Call


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


def training_macs(calls: Sequence[Call], batch: int, needs: Sequence[Needs | None]) -> TrainingMacs:
    """The MACs of a training step.

    Args:
        calls: With folded layers apart (`run.apart`).
        batch: Utterances.
        needs: What `need_gradients` gives of these calls.
    """
    stacks = Stacks(calls, needs)
    forward, backward = NO_MACS._asdict(), NO_MACS._asdict()
    other = 0
    shared: dict[frozenset[int], int] = {}
    first, both = [0] * len(stacks.passes), [0] * len(stacks.passes)
    for position, call in enumerate(calls):
        operation = call.operation
        if operation is None or operation.mac_kind is None:
            continue
        there = operation.macs(batch, *call.takes)
        need = needs[position]
        back = operation.backward_macs(batch, need, *call.takes) if need is not None else 0
        forward[operation.mac_kind] += there * call.copies
        backward[operation.mac_kind] += back * call.copies
        number = stacks.at[position]
        if number < 0:
            other += there * call.copies
            if position in stacks.only_with:
                equal = stacks.only_with[position]
                shared[equal] = shared.get(equal, 0) + back * call.copies
            else:
                other += back * call.copies
        else:
            copies = call.copies // calls[stacks.passes[number].start].copies
            first[number] += there * copies
            both[number] += (there + back) * copies
    again = [once + twice for once, twice in zip(first, both, strict=True)]
    plain, checkpointed = stacks.random(calls, other, both, shared), stacks.random(calls, other, again, shared)
    return TrainingMacs(Macs(**forward), Macs(**backward), plain, checkpointed)
