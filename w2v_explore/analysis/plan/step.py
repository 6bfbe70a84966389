"""The MACs of an update of training: of the real step, over a batch of so many seconds.

Beside what `training` counts of a config, an update may have a teacher's forward pass, an extractor that is trained for
a part of the time only, and layers that LayerDrop skips. Devices that exchange gradients wait for the one that skipped
the fewest.
"""

from math import exp, lgamma, log
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.stacks import Random
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.errors import ArgumentError

# What is in front of the encoder, as families call the parts of their models. A teacher is the encoder alone: it takes
# the student's features.
_IN_FRONT = ("feature_extractor", "feature_projection")
# Of so many, accumulated ones among them, as good as the same share runs on every device.
_MANY_LAYERS = 20_000


class StepMacs(NamedTuple):
    """The MACs of an update on all devices together.

    Attributes:
        student: Forward and backward of what is trained.
        teacher: The forward pass of a teacher; 0 without one.
        seconds: The audio that is computed, padding included.
        parameters: Of what is trained.
    """

    student: float
    teacher: float
    seconds: float
    parameters: int

    @property
    def total(self) -> float:
        """Both together."""
        return self.student + self.teacher


def step_macs(
    analysis: Analysis,
    batch_seconds: float,
    *,
    devices: int = 1,
    accumulate: int = 1,
    padding_share: float = 0.0,
    checkpointing: bool = False,
    teacher: bool = False,
    extractor_trained: float = 1.0,
) -> StepMacs:
    """The MACs of an update.

    Args:
        analysis: The config at the length that utterances have, one of them.
        batch_seconds: Audio of an update, on all devices.
        devices: How many share it.
        accumulate: Batches that each adds up.
        padding_share: Of what is computed, the share that is padding, on top of the audio.
        checkpointing: Whether the stacked layers are computed twice.
        teacher: Whether a teacher of the encoder's size runs forward, as in data2vec and SpidR.
        extractor_trained: The share of updates that train what is in front of the encoder.

    Raises:
        ArgumentError: A number is out of its range.
    """
    if batch_seconds <= 0 or devices < 1 or accumulate < 1:
        raise ArgumentError("an update has a positive number of seconds, devices and batches that it adds up")
    if not 0 <= padding_share < 1 or not 0 <= extractor_trained <= 1:
        raise ArgumentError("a share lies between 0 and 1, and not all can be padding")
    lives = analysis.lives(training=True)
    work = training_macs(lives.calls, analysis.workload.batch, lives.needs)
    student = slowest(work.checkpointed if checkpointing else work.plain, devices, accumulate)
    if extractor_trained < 1:
        student -= (1 - extractor_trained) * _backward_in_front(analysis)
    computed = batch_seconds / (1 - padding_share)
    times = computed / analysis.workload.audio_seconds
    return StepMacs(
        student=times * student,
        teacher=times * (analysis.macs.total - _forward_in_front(analysis)) if teacher else 0.0,
        seconds=computed,
        parameters=analysis.parameters,
    )


def slowest(work: Random, devices: int, accumulate: int = 1) -> float:
    """What the slowest of so many devices computes on average, each of which drops layers by itself.

    Args:
        work: The MACs of a step, by the layers that run.
        devices: How many.
        accumulate: Steps that each device does before it waits for the others.

    Returns:
        MACs of one step.
    """
    total = float(work.fixed)
    for layers, value in work.each:
        total += value * most_that_run(layers.copies * accumulate, layers.drop, devices) / accumulate
    # A layer of some runs on one of several devices nearly always.
    return total + sum(value for _, value in work.once)


def most_that_run(layers: int, drop: float, devices: int) -> float:
    """The layers that run where the most do, on average: the greatest of so many binomial numbers."""
    if not 0 < drop < 1 or layers > _MANY_LAYERS:
        return layers * (1.0 - drop)
    expected = below = 0.0
    for running in range(layers + 1):
        chance = exp(
            lgamma(layers + 1)
            - lgamma(running + 1)
            - lgamma(layers - running + 1)
            + running * log(1 - drop)
            + (layers - running) * log(drop)
        )
        up_to = min(1.0, below + chance)
        expected += running * (up_to**devices - below**devices)
        below = up_to
    return expected


def _paths_in_front(analysis: Analysis) -> tuple[str, ...]:
    components = analysis.config.model.family.components
    return tuple(components[name] for name in _IN_FRONT if name in components)


def _forward_in_front(analysis: Analysis) -> int:
    paths = _paths_in_front(analysis)
    return sum(row.macs.total for row in analysis.layers if row.path in paths)


def _backward_in_front(analysis: Analysis) -> int:
    paths = tuple(path + "." for path in _paths_in_front(analysis))
    lives = analysis.lives(training=True)
    total = 0
    for call, needs in zip(lives.calls, lives.needs, strict=True):
        if call.operation is not None and needs is not None and call.path.startswith(paths):
            total += call.copies * call.operation.backward_macs(analysis.workload.batch, needs, *call.takes)
    return total
