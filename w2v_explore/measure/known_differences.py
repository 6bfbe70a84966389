"""Where a source is known to differ from the closed form, why, and by exactly how much.

A difference is known only to the integer: one more or less is a disagreement. docs/numbers.md documents each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.autocast import AutocastTypes
from w2v_explore.analysis.memory.stacks import Stacks
from w2v_explore.measure.meta_pass import overcounts_grouped_convolutions
from w2v_explore.tree.operations import BatchNorm, Conv1d, GroupNorm, LayerNorm, Needs, Operation, WeightNorm
from w2v_explore.tree.run import Call


class KnownDifference(NamedTuple):
    """A difference with a reason.

    Attributes:
        figure: The figure that has it.
        why: What the source does.
        holds: Whether it does so here: with this torch, for this dtype.
        amount: Theirs less ours where it does.
    """

    figure: str
    why: str
    holds: Callable[[Analysis], bool]
    amount: Callable[[Analysis], int]


def find_known_difference(figure: str, analysis: Analysis) -> KnownDifference | None:
    """What is known to set a figure apart for a config and workload; None where nothing is."""
    for known in KNOWN_DIFFERENCES:
        if known.figure == figure and known.holds(analysis):
            return known
    return None


def _counter_ignores_groups(analysis: Analysis) -> bool:
    return _weight_gradient_of_other_groups(analysis) > 0 and overcounts_grouped_convolutions()


def _weight_gradient_of_other_groups(analysis: Analysis) -> int:
    """A convolution's weight gradient costs what its forward pass costs; without groups so many times that."""
    batch = analysis.workload.batch
    return sum(
        (call.operation.groups - 1) * call.copies * call.operation.macs(batch, *call.takes)
        for call, needs in _in_backward_pass(analysis)
        if isinstance(call.operation, Conv1d)
        and (needs.taken[1] if call.operation.weight_norm else "weight" in needs.own)
    )


def _in_backward_pass(analysis: Analysis) -> Iterator[tuple[Call, Needs]]:
    """The calls by which the backward pass comes, and what needs a gradient of each."""
    lives = analysis.lives(training=True)
    for call, needs in zip(lives.calls, lives.needs, strict=True):
        if needs is not None:
            yield call, needs


def _norms_keep_16_bits(analysis: Analysis) -> bool:
    short = _norms_of_short_statistics(getattr(torch, analysis.workload.dtype))
    return any(isinstance(call.operation, short) for call in analysis.calls)


def _kept_statistics(analysis: Analysis) -> int:
    outside, inside = _statistics_in_training(analysis)
    return -2 * (outside + sum(inside))


def _checkpointed_statistics(analysis: Analysis) -> int:
    outside, inside = _statistics_in_training(analysis)
    return -2 * (outside + max(inside, default=0))


def _autocast_keeps_16_bits(analysis: Analysis) -> bool:
    return BatchNorm in _norms_of_short_statistics(torch.bfloat16) and bool(_autocast_kept_statistics(analysis))


def _autocast_kept_statistics(analysis: Analysis) -> int:
    outside, inside = _statistics_in_training(analysis, autocast=True)
    return -2 * (outside + sum(inside))


def _autocast_checkpointed_statistics(analysis: Analysis) -> int:
    outside, inside = _statistics_in_training(analysis, autocast=True)
    return -2 * (outside + max(inside, default=0))


def _statistics_in_training(analysis: Analysis, *, autocast: bool = False) -> tuple[int, list[int]]:
    """How many statistics of 16 bits are kept outside the stacked layers, and by each of these."""
    lives = analysis.lives(training=True, autocast=autocast)
    calls, stacks = lives.calls, Stacks(lives.calls, lives.needs)
    if autocast:
        # Layer and group norms are computed in float32; batch norms take what they are given.
        short: tuple[type[Operation], ...] = (BatchNorm,)
        lower = AutocastTypes(calls).lower
    else:
        short = _norms_of_short_statistics(getattr(torch, analysis.workload.dtype))
    outside, inside = 0, [0] * len(stacks.passes)
    for position, call in enumerate(calls):
        if not isinstance(call.operation, short) or lives.needs[position] is None:
            continue
        if autocast and call.sources[0] not in lower:
            continue
        statistics = call.copies * call.operation.kept_beside(analysis.workload.batch, *call.takes).statistics
        if stacks.at[position] < 0:
            outside += statistics
        else:
            inside[stacks.at[position]] += statistics
    copies = [calls[start].copies for start, _ in stacks.passes]
    return outside, [own // number for own, number in zip(inside, copies, strict=True) for _ in range(number)]


def _peak_statistics(analysis: Analysis) -> int:
    statistics = _statistics(analysis)
    trace = analysis.trace(training=False).operations()
    live = [operation.live_bytes for operation in trace]
    theirs = [operation.live_bytes - 2 * statistics.get(operation.path, 0) for operation in trace]
    return max(theirs) - max(live)


def _statistics(analysis: Analysis) -> dict[str, int]:
    """How many statistics of 16 bits each norm makes outside training, by path; ours are of 32."""
    batch, short = analysis.workload.batch, _norms_of_short_statistics(getattr(torch, analysis.workload.dtype))
    return {
        call.path: call.operation.kept_beside(batch, *call.takes).statistics
        for call in analysis.calls
        if isinstance(call.operation, short) and not call.operation.beside_in_training_alone
    }


def _norms_of_short_statistics(dtype: torch.dtype) -> tuple[type[Operation], ...]:
    """Which norms make statistics of 16 bits, as torch's fake tensors have it."""
    with FakeTensorMode():
        one = torch.empty(1, 1, 1, dtype=dtype)
        _, layer_mean, _ = torch.native_layer_norm(one, (1,), None, None, 1e-5)
        _, group_mean, _ = torch.native_group_norm(one, None, None, 1, 1, 1, 1, 1e-5)
        _, batch_mean, _ = torch.native_batch_norm(one, None, None, None, None, True, 0.1, 1e-5)
        _, weight_length = torch._weight_norm_interface(one, one, 2)
    made = (
        (LayerNorm, layer_mean), (GroupNorm, group_mean), (BatchNorm, batch_mean), (WeightNorm, weight_length),
    )  # fmt: skip
    return tuple(norm for norm, statistic in made if statistic.dtype.itemsize == 2)


_GROUPS = "torch counts a grouped convolution's weight gradient as if it had one group"
_NORMS = "a CPU's norms make statistics of 16 bits, an accelerator's of 32"

KNOWN_DIFFERENCES = (
    KnownDifference("macs.backward.convolution", _GROUPS, _counter_ignores_groups, _weight_gradient_of_other_groups),
    KnownDifference("memory.peak_activation_bytes", _NORMS, _norms_keep_16_bits, _peak_statistics),
    KnownDifference("memory.kept_bytes", _NORMS, _norms_keep_16_bits, _kept_statistics),
    KnownDifference("memory.checkpointed_bytes", _NORMS, _norms_keep_16_bits, _checkpointed_statistics),
    KnownDifference("autocast.kept_bytes", _NORMS, _autocast_keeps_16_bits, _autocast_kept_statistics),
    KnownDifference("autocast.checkpointed_bytes", _NORMS, _autocast_keeps_16_bits, _autocast_checkpointed_statistics),
)
"""All that are known; at most one holds for a figure at a time."""
