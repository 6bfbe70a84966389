"""What a forward pass and a training step cost over the duration of the utterances."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.latency.crossing import MacsByPart, macs_by_part, macs_crossing_samples
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.analysis.workload import MAX_SAMPLES
from w2v_explore.tree.run import run

# A curve goes from one second to a minute, and further where the workload or the crossing lies beyond.
_FROM_S, _TO_S = 1, 60
_BEYOND_WORKLOAD, _BEYOND_CROSSING = 4, 2.5
# To a crossing further away than ten minutes no curve goes.
_FURTHEST_CROSSING_S = 600
_STEPS = 16


class CostAt(NamedTuple):
    """What utterances of one length cost.

    Attributes:
        seconds: Of each utterance.
        macs: Of a forward pass.
        inference_bytes: Memory of a forward pass without gradients.
        training_bytes: Memory of a training step.
    """

    seconds: float
    macs: MacsByPart
    inference_bytes: int
    training_bytes: int


class CostsOverDuration(NamedTuple):
    """What utterances cost over their length, in the batch, the dtype and the precision of a workload.

    Attributes:
        costs: At lengths of about equal ratios, and at the workload's; the shortest first. All are exact.
        crossing_s: The shortest duration in which attention's two products take more MACs than the feed-forward; None
            of a model without attention.
    """

    costs: tuple[CostAt, ...]
    crossing_s: float | None


def costs_over_duration(analysis: Analysis) -> CostsOverDuration:
    """The exact costs over the duration, around the workload and around where attention overtakes the feed-forward."""
    workload = analysis.workload
    rate, batch = workload.sample_rate, workload.batch
    crossing = macs_crossing_samples(analysis)
    fewest = fewest_samples_of(analysis.calls, analysis.takes, batch)
    first = max(fewest, min(_FROM_S * rate, workload.samples))
    beyond = 0
    if crossing is not None and crossing <= _FURTHEST_CROSSING_S * rate:
        beyond = round(_BEYOND_CROSSING * crossing)
    last = min(max(_TO_S * rate, _BEYOND_WORKLOAD * workload.samples, beyond, 2 * first), MAX_SAMPLES)
    lengths = {round(first * (last / first) ** (step / _STEPS)) for step in range(_STEPS + 1)}
    lengths |= {workload.samples, *([] if crossing is None else [min(max(crossing, first), last)])}
    # Who makes and keeps tensors stays the same for another length; their sizes do not.
    recipe = precision_named(workload.training_precision)
    states = analysis.training.state_bytes
    inferring = analysis.trace(training=False).lives
    training = analysis.trace(recipe.dtype, training=True, autocast=bool(recipe.autocast)).lives
    costs = []
    for samples in sorted(lengths):
        flow, each = analysis.takes.flow(samples), replace(workload, samples=samples)
        kept = kept_activations(training.trace(replace(each, dtype=recipe.dtype), flow)).plain_and_weights
        costs.append(
            CostAt(
                seconds=each.seconds,
                macs=macs_by_part(run(analysis.tree, flow), batch),
                inference_bytes=analysis.parameter_bytes + inferring.trace(each, flow).peak_bytes,
                training_bytes=states + int(kept.spread().greatest),
            )
        )
    return CostsOverDuration(tuple(costs), None if crossing is None else crossing / rate)
