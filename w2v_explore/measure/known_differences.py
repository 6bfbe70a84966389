"""Where a source is known to differ from the closed form, why, and by exactly how much.

A difference is known only to the integer: one more or less is a disagreement. docs/numbers.md documents each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from w2v_explore.analysis.analyze import Analysis
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
    batch, short = analysis.workload.batch, _norms_of_short_statistics(getattr(torch, analysis.workload.dtype))
    return -2 * sum(
        call.copies * call.operation.kept_beside(batch, *call.takes).statistics
        for call, _ in _in_backward_pass(analysis)
        if isinstance(call.operation, short)
    )


def _checkpointed_statistics(analysis: Analysis) -> int:
    """Those outside the stacked layers, and of one of these, as `KeptActivations` counts them."""
    batch, short = analysis.workload.batch, _norms_of_short_statistics(getattr(torch, analysis.workload.dtype))
    outside, inside, end, copies = 0, [0], 0, 1
    lives = analysis.lives(training=True)
    for position, call in enumerate(lives.calls):
        if position >= end and call.layer.stacked:
            inside.append(0)
            end, copies = call.end, call.copies
        if not isinstance(call.operation, short) or lives.needs[position] is None:
            continue
        statistics = call.operation.kept_beside(batch, *call.takes).statistics
        if position < end:
            inside[-1] += call.copies // copies * statistics
        else:
            outside += call.copies * statistics
    return -2 * (outside + max(inside))


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
)
"""All that are known; at most one holds for a figure at a time."""
