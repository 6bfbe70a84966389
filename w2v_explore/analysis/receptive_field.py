"""What one frame sees: receptive field, stride and alignment, in samples: a fold of what each operation reaches.

With kernels k and strides s, one after the other: the jump (samples between neighbouring frames) is the product of the
strides so far, and the receptive field grows by (k − 1) times the jump before. Backwards, n frames take
(n − 1) · s + k: so is the shortest input found.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.diagnostics import shown_number
from w2v_explore.errors import WorkloadError

if TYPE_CHECKING:  # the linter asks for figures of configs alone, and imports no tree
    from collections.abc import Iterator, Mapping, Sequence

    from w2v_explore.analysis.workload import Workload
    from w2v_explore.config.family import ModelConfig
    from w2v_explore.config.kinds import ConvLayer
    from w2v_explore.tree.inputs import Features, Waveforms
    from w2v_explore.tree.run import Call


class ConvLayerField(NamedTuple):
    """One convolution of the extractor, seen from the waveform.

    Attributes:
        out_channels: Channels that it puts out.
        kernel: In frames of its input.
        stride: In frames of its input.
        receptive_field_samples: Samples that one of its output frames sees, through this and all earlier layers.
        jump_samples: Samples between the starts of two neighbouring output frames.
        frames: Output frames for the workload.
    """

    out_channels: int
    kernel: int
    stride: int
    receptive_field_samples: int
    jump_samples: int
    frames: int


class ReceptiveField(NamedTuple):
    """What the frames of a model see of the waveform.

    Attributes:
        layers: The extractor's convolutions, first to last.
        receptive_field_samples: The kernel receptive field: samples that one frame sees through the extractor's
            convolutions alone.
        stride_samples: Samples between neighbouring frames.
        first_sample: The first that frame 0 sees; less than 0 where that is padding.
        minimum_samples: The shortest input that gives a frame.
        frames: Frames for the workload.
        positional_span_samples: Samples that one frame sees through the positional convolution too; None of a model
            without.
        normalizes_over_utterance: Whether group norm's statistics make every frame depend on every sample already
            within the extractor. Attention does so in any case.
    """

    layers: tuple[ConvLayerField, ...]
    receptive_field_samples: int
    stride_samples: int
    first_sample: int
    minimum_samples: int
    frames: int
    positional_span_samples: int | None
    normalizes_over_utterance: bool

    def __repr__(self) -> str:
        return (
            f"<ReceptiveField: {self.receptive_field_samples:,} samples every {self.stride_samples:,}, "
            f"{self.frames:,} frames of {len(self.layers)} convolutions>"
        )

    def frame_rate_hz(self, sample_rate: int) -> float:
        """Frames per second of audio."""
        return sample_rate / self.stride_samples

    def frame_span(self, frame: int) -> tuple[int, int]:
        """The samples that a frame covers: the first, and the one after the last; padding counts as samples."""
        start = self.first_sample + frame * self.stride_samples
        return start, start + self.receptive_field_samples

    def frames_covering(self, sample: int) -> range:
        """The frames whose span holds a sample, among those of the workload; empty where none does."""
        sample -= self.first_sample
        first = max(0, -(-(sample - self.receptive_field_samples + 1) // self.stride_samples))
        return range(first, max(first, min(sample // self.stride_samples + 1, self.frames)))


class _Span(NamedTuple):
    """The samples that the first frame sees, and how much further those of each next one lie."""

    start: int
    end: int
    jump: int


def receptive_field_of(calls: Sequence[Call], takes: Waveforms | Features, batch: int) -> ReceptiveField:
    """The receptive field, stride and frames of a model.

    Args:
        calls: What it runs, for a workload with samples enough for a frame.
        takes: What it takes.
        batch: Utterances.
    """
    from w2v_explore.tree.operations import SAME_FRAME  # the linter comes without a tree

    at = next(call for call in calls if call.path == takes.frames_at)
    spans = {-1: _Span(0, takes.field_samples, takes.stride_samples)}
    layers = []
    normalizes_over_utterance, sees_neighbours = False, False
    for position, call in _each_copy(calls):
        operation, sources = call.operation, call.sources
        if operation is None:
            # Of use for folded layers alone, whose copies take what the layer takes first.
            if sources[0] in spans:
                spans[position] = spans[sources[0]]
            continue
        seen = _seen(call, spans) if len(sources) > 1 or operation.reads_lengths else spans.get(sources[0])
        # What sees no sample, such as a weight, has no span, and a statistic of a loss is of no frame.
        if seen is None or operation.gives_statistics:
            continue
        reach = operation.reach()
        if reach is SAME_FRAME:
            spans[position] = last = seen
            continue
        start, end, jump = seen
        if reach.whole:
            if position >= at.end:
                break
            normalizes_over_utterance = True
        kernel, stride, before = reach.kernel, reach.stride, reach.before
        last = _Span(start - before * jump, end + (kernel - 1 - before) * jump, jump * stride)
        spans[position] = last
        if operation.mac_kind != "convolution":
            continue
        if position >= at.end:
            sees_neighbours = True
        else:
            frames, channels = call.gives.frames, call.gives.channels
            layers.append(ConvLayerField(channels, kernel, stride, last.end - last.start, last.jump, frames))
    else:
        start, end = last.start, last.end
    frame = spans[at.results[0]]
    return ReceptiveField(
        layers=tuple(layers),
        receptive_field_samples=frame.end - frame.start,
        stride_samples=frame.jump,
        first_sample=frame.start,
        minimum_samples=fewest_samples_of(calls, takes, batch),
        frames=at.gives.frames,
        positional_span_samples=end - start if sees_neighbours else None,
        normalizes_over_utterance=normalizes_over_utterance,
    )


def output_stride_of(calls: Sequence[Call], takes: Waveforms | Features) -> int:
    """The samples between neighbouring frames of what comes out of a model.

    Args:
        calls: What it runs, for any workload. Folded layers count once: each gives as many frames as it takes.
        takes: What it takes.
    """
    jumps = {-1: takes.stride_samples}
    for position, call in enumerate(calls):
        made = next((made for made in call.sources if made in jumps), None)
        if made is None or (call.operation is not None and call.operation.reads_lengths):
            continue
        jumps[position] = jumps[made] * (call.operation.reach().stride if call.operation is not None else 1)
    return jumps[calls[0].results[0]]


def _each_copy(calls: Sequence[Call]) -> Iterator[tuple[int, Call]]:
    """The calls with their positions, those of a folded layer once for each copy that takes what the one before gave.

    What a call gives is known by its position in each of the copies alike: by that of the latest.
    """
    position, number_of_calls = 0, len(calls)
    # The folded layers that the position is in, innermost last: where each ends, and how many copies are to come.
    around: list[tuple[int, int, int]] = []
    while position < number_of_calls:
        call = calls[position]
        yield position, call
        if call.folded > 1 and call.layer.follows_itself:
            around.append((position, call.end, call.folded - 1))
        position += 1
        while around and position == around[-1][1]:
            start, end, copies = around.pop()
            if copies:
                around.append((start, end, copies - 1))
                again = calls[start]
                yield start, again._replace(sources=(again.results[0], *again.sources[1:]))
                position = start + 1


def _seen(call: Call, spans: Mapping[int, _Span]) -> _Span | None:
    """The samples that all together see that an operation takes."""
    seen = [spans[made] for made in call.needs if made in spans]
    if not seen:
        return None
    return _Span(min([span.start for span in seen]), max([span.end for span in seen]), seen[0].jump)


def fewest_samples_of(
    calls: Sequence[Call], takes: Waveforms | Features, batch: int, frames: int = 1, *, training: bool = False
) -> int:
    """The shortest input, in samples, from which a model computes all that it runs.

    Args:
        calls: What it runs, for any workload.
        takes: What it takes.
        batch: Utterances: a norm over an utterance needs two frames of a single one.
        frames: How many the model is to make.
        training: Whether it is to be trained: batch norm then needs two frames of a single utterance as well.
    """
    from w2v_explore.tree.operations import SAME_FRAME  # the linter comes without a tree

    needed: dict[int, int] = {}  # of what gives more than one
    if frames > 1:
        needed[next(call for call in calls if call.path == takes.frames_at).results[0]] = frames
    for position in range(len(calls) - 1, -1, -1):
        call = calls[position]
        operation = call.operation
        taken = needed.get(position, 1)
        if operation is not None:
            if operation.reads_lengths:
                continue
            reach = operation.reach()
            if reach is not SAME_FRAME:
                kernel, stride, before, after, _ = reach
                taken = (taken - 1) * stride + kernel - before - after
            fewest = operation.fewest_frames(batch, training)
            if taken < fewest:
                taken = fewest
        if taken > 1:
            for made in call.sources:
                if needed.get(made, 1) < taken:
                    needed[made] = taken
    return takes.samples(needed.get(-1, 1))


def check_samples(calls: Sequence[Call], takes: Waveforms | Features, workload: Workload) -> None:
    """Check that a workload is long enough for a model.

    Args:
        calls: What the model runs for the workload.
        takes: What it takes.
        workload: The workload.

    Raises:
        WorkloadError: The input is too short to give a frame.
    """
    from w2v_explore.tree.inputs import Waveforms  # the linter comes without a tree

    batch, samples = workload.batch, workload.samples
    if all(call.gives.frames > 0 for call in calls) and (
        batch > 1 or all(call.takes[0].frames >= call.operation.fewest_frames(1) for call in calls if call.operation)
    ):
        return
    minimum = fewest_samples_of(calls, takes, batch)
    too_few = "1 sample is too few" if samples == 1 else f"{samples} samples are too few"
    if samples >= fewest_samples_of(calls, takes, batch + 1):
        raise WorkloadError(
            f"{too_few}: group norm needs two frames of its layer where the batch is 1; give "
            f"{minimum} samples, or a batch of 2"
        )
    who = "extractor" if isinstance(takes, Waveforms) else "model"
    raise WorkloadError(f"{too_few}: this {who} needs {shown_number(minimum)} for its first frame")


def check_samples_of_training(calls: Sequence[Call], takes: Waveforms | Features, workload: Workload) -> None:
    """Check that a workload that is long enough for a model is so for training it too.

    Args:
        calls: What the model runs for the workload.
        takes: What it takes.
        workload: The workload.

    Raises:
        WorkloadError: It is too short.
    """
    minimum = fewest_samples_of(calls, takes, workload.batch, training=True)
    if workload.samples < minimum:
        raise WorkloadError(
            f"{workload.samples} samples are too few for training: batch norm needs two frames where the batch is 1; "
            f"give {minimum} samples, or a batch of 2"
        )


def kernel_field(config: ModelConfig) -> tuple[int, int]:
    """The kernel receptive field and the stride, in samples: all that can be said without a workload."""
    return _kernel_field(config.conv_layers)


@lru_cache(maxsize=64)
def _kernel_field(conv_layers: tuple[ConvLayer, ...]) -> tuple[int, int]:
    # Several rules of the linter ask for the same config's, and most configs have the same convolutions.
    field, jump = 1, 1
    for _, kernel, stride in conv_layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field, jump


def num_frames(config: ModelConfig, samples: int) -> int:
    """The frames that a model makes of some samples; there are enough for one (`minimum_samples`)."""
    if not hasattr(config, "conv_layers"):
        calls, takes = _run(config, samples)
        return next(call for call in calls if call.path == takes.frames_at).gives.frames
    frames = samples
    for _, kernel, stride in config.conv_layers:
        frames = (frames - kernel) // stride + 1
    return frames


def _run(config: ModelConfig, samples: int) -> tuple[Sequence[Call], Waveforms | Features]:
    """What a model runs, and what it takes: where no list of convolutions makes its frames."""
    # Imported here: the linter comes without a tree.
    from w2v_explore.config.architecture import build_architecture
    from w2v_explore.tree.run import run

    tree = build_architecture(config)
    assert tree.takes is not None
    return run(tree, tree.takes.flow(samples)), tree.takes


def minimum_samples(config: ModelConfig, batch: int) -> int:
    """The shortest input, in samples, from which a model computes a frame."""
    if not hasattr(config, "conv_layers"):
        return fewest_samples_of(*_run(config, 1), batch)
    field, jump = kernel_field(config)
    field += (config.fewest_frames - 1) * jump
    if config.extractor_mode == "group_norm" and batch == 1:
        # torch refuses to normalise a single value: the first layer has to put out two frames.
        _, kernel, stride = config.conv_layers[0]
        field = max(field, kernel + stride)
    return field
