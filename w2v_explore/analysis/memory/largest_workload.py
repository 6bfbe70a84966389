"""The largest batch and the longest audio that fit a given memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.tree.operations import ScaledDotProductAttention
from w2v_explore.tree.run import Call, run

RESERVE_BYTES = 2**30
"""Of a memory, left for the device's context, the allocator and the workspaces of kernels; assumed."""


class LargestWorkloads(NamedTuple):
    """The largest workloads that fit a memory, each with the other figure as it was given.

    Attributes:
        batch: Utterances of the given length; 0 where not even the smallest that can be computed fits, which is one but
            for the shortest utterances under group norm.
        samples: The length of each utterance in the given batch, such that all shorter ones fit too; 0 where not even
            the shortest does.
    """

    batch: int
    samples: int


def fit_inference(analysis: Analysis, memory_bytes: int, dtype: str | None = None) -> LargestWorkloads:
    """The largest workloads whose forward pass fits a memory, in the workload's dtype or another."""
    # Who makes tensors stays the same for another workload; their sizes do not.
    lives = analysis.lives(training=False, is_half=DTYPE_BYTES[dtype or analysis.workload.dtype] == 2)

    def needed_bytes(workload: Workload) -> int:
        trace = lives.trace(workload, analysis.takes.flow(workload.samples))
        return analysis.parameters * DTYPE_BYTES[workload.dtype] + trace.peak_bytes

    return _fit(analysis, memory_bytes, dtype, needed_bytes)


def fit_training(
    analysis: Analysis, memory_bytes: int, precision: str | None = None, *, checkpointing: bool
) -> LargestWorkloads:
    """The largest workloads whose training step fits a memory, with a checkpoint at each stacked layer or none.

    Args:
        analysis: Of the config.
        memory_bytes: The memory.
        precision: In which it trains (`precision_named`); by default that of the workload's dtype.
        checkpointing: Whether there is a checkpoint at each stacked layer.
    """
    precision = precision or analysis.workload.dtype
    needed_bytes = training_needs(analysis, precision, checkpointing=checkpointing)
    return _fit(analysis, memory_bytes, precision_named(precision).dtype, needed_bytes)


def training_needs(analysis: Analysis, precision: str, *, checkpointing: bool) -> Callable[[Workload], int]:
    """What a training step needs, in bytes, by the workload, which is in the dtype of the precision's weights.

    Args:
        analysis: Of the config.
        precision: In which it trains (`precision_named`).
        checkpointing: Whether there is a checkpoint at each stacked layer.
    """
    recipe = precision_named(precision)
    timeline = analysis.timeline(recipe, checkpointing=checkpointing)
    resident_bytes = analysis.training_in(precision).resident_bytes

    def needed_bytes(workload: Workload) -> int:
        return resident_bytes + timeline.peak(workload, analysis.takes.flow(workload.samples)).bytes

    return needed_bytes


def has_attention_bias(calls: Sequence[Call]) -> bool:
    """Whether attention takes a bias for each head and pair of frames, as not all kernels do."""
    return any(
        isinstance(call.operation, ScaledDotProductAttention) and call.operation.has_bias(len(call.sources))
        for call in calls
    )


def _fit(
    analysis: Analysis, memory_bytes: int, dtype: str | None, needed_bytes: Callable[[Workload], int]
) -> LargestWorkloads:
    workload = replace(analysis.workload, dtype=dtype) if dtype else analysis.workload
    # Under group norm a batch of one needs more samples than a larger one does.
    fewest_of_one = fewest_samples_of(analysis.calls, analysis.takes, 1)
    smallest = 1 if workload.samples >= fewest_of_one else 2
    fewest = fewest_samples_of(analysis.calls, analysis.takes, workload.batch)
    has_bias = has_attention_bias(analysis.calls)

    def needed_up_to(samples: int) -> int:
        """By utterances of this length and by all shorter ones."""
        needed = needed_bytes(replace(workload, samples=samples))
        if needed > memory_bytes or not has_bias:
            return needed
        # A bias whose rows are of a multiple of 8 numbers is not copied: one frame less may need more.
        calls = run(analysis.tree, analysis.takes.flow(samples))
        frames = next(call.gives.frames for call in calls if call.path == analysis.takes.frames_at)
        shorter = fewest_samples_of(calls, analysis.takes, workload.batch, frames) - 1
        return needed if shorter < fewest else max(needed, needed_bytes(replace(workload, samples=shorter)))

    return LargestWorkloads(
        batch=_largest(smallest, MAX_BATCH, memory_bytes, lambda batch: needed_bytes(replace(workload, batch=batch))),
        samples=_largest(fewest, MAX_SAMPLES, memory_bytes, needed_up_to),
    )


def _largest(low: int, high: int, limit: int, needed: Callable[[int], int]) -> int:
    """The largest number from low to high for which no more than the limit is needed; 0 where low needs more.

    What is needed grows with the number, or stays as it is. It grows nearly in proportion: a straight line through the
    ends is a good guess, and halving sees to the rest.
    """
    at_low, at_high = needed(low), needed(high)
    if at_low > limit:
        return 0
    if at_high <= limit:
        return high
    halve = False
    while high - low > 1:
        guess = (low + high) // 2 if halve else low + (high - low) * (limit - at_low) // (at_high - at_low)
        guess = min(max(guess, low + 1), high - 1)
        width = high - low
        if (at_guess := needed(guess)) <= limit:
            low, at_low = guess, at_guess
        else:
            high, at_high = guess, at_guess
        halve = not halve and 2 * (high - low) > width
    return low
