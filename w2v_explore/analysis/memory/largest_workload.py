"""The largest batch and the longest audio that fit a given memory."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.inference import inference_memory
from w2v_explore.analysis.memory.training import kept_activations, recipe_of
from w2v_explore.analysis.receptive_field import minimum_batch, minimum_samples
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload


class Fit(NamedTuple):
    """The largest workloads that fit a memory, each with the other figure as it was given.

    Attributes:
        batch: Utterances of the given length; 0 where not even the smallest that can be computed fits, which is one but
            for the shortest utterances under group norm (`minimum_batch`).
        samples: The length of each utterance in the given batch; 0 where not even the shortest fits.
    """

    batch: int
    samples: int


def fit_inference(analysis: Analysis, memory_bytes: int, dtype: str | None = None) -> Fit:
    """The largest workloads whose forward pass fits a memory, in the workload's dtype or another."""
    return _fit(analysis, memory_bytes, dtype, lambda workload: inference_memory(analysis.tree, workload).total_bytes)


def fit_training(analysis: Analysis, memory_bytes: int, dtype: str | None = None, *, checkpointing: bool) -> Fit:
    """The largest workloads whose training step fits a memory, with a checkpoint at each transformer layer or none."""

    def needed_bytes(workload: Workload) -> int:
        kept = kept_activations(analysis.tree, workload)
        states = recipe_of(workload.dtype).bytes_per_parameter * analysis.parameters
        return states + (kept.checkpointed_bytes if checkpointing else kept.plain_bytes)

    return _fit(analysis, memory_bytes, dtype, needed_bytes)


def _fit(analysis: Analysis, memory_bytes: int, dtype: str | None, needed_bytes: Callable[[Workload], int]) -> Fit:
    workload = replace(analysis.workload, dtype=dtype) if dtype else analysis.workload
    # Under group norm a batch of one needs more samples than a larger one does.
    model = analysis.config.model
    smallest, fewest = minimum_batch(model, workload.samples), minimum_samples(model, workload.batch)
    return Fit(
        batch=_largest(smallest, MAX_BATCH, memory_bytes, lambda batch: needed_bytes(replace(workload, batch=batch))),
        samples=_largest(
            fewest, MAX_SAMPLES, memory_bytes, lambda samples: needed_bytes(replace(workload, samples=samples))
        ),
    )


def _largest(low: int, high: int, limit: int, needed: Callable[[int], int]) -> int:
    """The largest number from low to high for which no more than the limit is needed; 0 where low needs more.

    Every tensor grows with the batch and with the samples, or stays as it is, and so does what is needed. It grows
    nearly in proportion: a straight line through the ends is a good guess, and halving sees to the rest.
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
