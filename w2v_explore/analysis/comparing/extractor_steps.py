"""The feature extractor's figures after a change of one of its layers, in a time that does not grow with the layers.

Another kernel or stride changes the frames of every layer after it. In a row of layers of stride 1 each drops a fixed
number of frames, and what a layer costs is linear in its frames: sums over the row follow from prefix sums, the peak of
memory from the upper envelope of straight lines. Layers of greater strides are worked out one by one: there are no more
of them than the binary logarithm of the samples.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeAlias

from w2v_explore.analysis.comparing.parts import with_values
from w2v_explore.analysis.comparing.sealed import Part
from w2v_explore.analysis.compute import total_macs
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import ConvLayer, meaning
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Flow, Operation
from w2v_explore.tree.run import run


class ExtractorFigures(NamedTuple):
    """What the extractor adds to the figures of a model.

    Attributes:
        parameters: Elements of its parameters.
        macs: Of the forward pass.
        first_macs: Of these the first convolution's.
        kept_bytes: Activations that the backward pass keeps.
        peak_bytes: The most that is alive while it runs in inference.
        frames: That it puts out.
        channels: That it puts out.
        receptive_field_samples: The kernel receptive field.
        stride_samples: Samples between neighbouring frames.
        minimum_samples: The shortest input that gives a frame.
    """

    parameters: int
    macs: int
    first_macs: int
    kept_bytes: int
    peak_bytes: int
    frames: int
    channels: int
    receptive_field_samples: int
    stride_samples: int
    minimum_samples: int


class _Cost(NamedTuple):
    """What some layers in a row cost: MACs and kept bytes add up, of the peaks the greatest counts."""

    macs: int = 0
    kept_bytes: int = 0
    peak_bytes: int = 0

    def beside(self, other: "_Cost") -> "_Cost":
        return _Cost(self.macs + other.macs, self.kept_bytes + other.kept_bytes, max(self.peak_bytes, other.peak_bytes))


class _Linear(NamedTuple):
    """A layer's MACs, kept bytes and live bytes of each operation, all linear in the frames in and the frames out."""

    constant: tuple[int, ...]
    per_frame_in: tuple[int, ...]
    per_frame_out: tuple[int, ...]

    def at(self, frames_in: int, frames_out: int) -> _Cost:
        return _cost(
            [
                constant + frames_in * per_in + frames_out * per_out
                for constant, per_in, per_out in zip(*self, strict=True)
            ]
        )


_Line = tuple[int, int]
"""An intercept and a slope."""

_Envelope: TypeAlias = "tuple[_Line, _Envelope, _Envelope] | None"
"""The upper envelope of lines over a range of whole numbers: the highest line in its middle, and the lines that may be
higher in each half. Never changed: a longer row's envelope shares what it can with a shorter one's (a Li Chao tree)."""


class Extractor:
    """The layers of an extractor under a workload.

    Attributes:
        layers: Channels, kernel and stride of each, first to last.

    Args:
        config: The config; the workload has samples enough for its first frame.
        field: Its field of convolutions.
        part: What builds the extractor.
        workload: The model's.
    """

    def __init__(self, config: ModelConfig, field: str, part: Part, workload: Workload) -> None:
        self._config, self._field, self._part, self._workload = config, field, part, workload
        self.layers = layers = [
            (channels, kernel, stride)
            for channels, kernel, stride in meaning(getattr(config, field), config.FIELDS[field].kind)
        ]
        self._in_channels = [1, *[channels for channels, _, _ in layers]]
        blocks = [self._block(number, channels, layer) for number, (channels, layer) in self._numbered()]
        self._parameters = [block.parameters for block in blocks]
        self._all_parameters = sum(self._parameters)
        # The layers of which an operation takes several frames at least, as a norm over the utterance does.
        self._fewest = [_fewest_frames(block, workload.batch) for block in blocks]
        self._picky = [number for number, fewest in enumerate(self._fewest) if fewest > 1]
        # Before each layer and after all: the frames, the receptive field and the stride in samples.
        self._frames = list(accumulate(layers, _frames_out, initial=workload.samples))
        self._fields = list(accumulate(layers, _widen, initial=(1, 1)))
        # From each layer on: the receptive field less 1 and the stride, in the frames that it takes.
        self._fields_after = list(accumulate(reversed(layers), _precede, initial=(0, 1)))[::-1]
        self._linear = [self._interpolate(number, block) for number, block in enumerate(blocks)]
        costs = [linear.at(*frames) for linear, frames in zip(self._linear, pairwise(self._frames), strict=True)]
        self._first_macs = costs[0].macs
        self._costs_before = list(accumulate(costs, _Cost.beside, initial=_Cost()))
        self._costs_after = list(accumulate(reversed(costs), _Cost.beside, initial=_Cost()))[::-1]
        self._sum_up_rows()

    def with_layer(self, number: int, layer: ConvLayer) -> ExtractorFigures | None:
        """With another layer in the place of one; None where the input is too short for it to give a frame."""
        (field, stride), (field_after, stride_after) = self._fields[number], self._fields_after[number + 1]
        field += stride * (layer[1] - 1 + layer[2] * field_after)
        minimum = max([field, *[self._fewest_samples(each, number, layer) for each in self._picky]])
        if self._workload.samples < minimum:
            return None
        changed = [layer]
        if number + 1 < len(self.layers) and layer[0] != self.layers[number][0]:
            changed.append(self.layers[number + 1])  # which takes other channels
        end = number + len(changed)
        parameters = self._all_parameters - sum(self._parameters[number:end])
        frames, channels = self._frames[number], self._in_channels[number]
        cost, first_macs = self._costs_before[number], self._first_macs
        for position, each in enumerate(changed, number):
            block = self._block(position, channels, each)
            own = _cost(self._evaluate(position, block, frames, channels))
            parameters += block.parameters
            cost = cost.beside(own)
            if position == 0:
                first_macs = own.macs
            frames, channels = _frames_out(frames, each), each[0]
        rest, frames = self._from(end, frames)
        cost = cost.beside(rest)
        return ExtractorFigures(
            parameters=parameters,
            macs=cost.macs,
            first_macs=first_macs,
            kept_bytes=cost.kept_bytes,
            peak_bytes=cost.peak_bytes,
            frames=frames,
            channels=channels if end == len(self.layers) else self.layers[-1][0],
            receptive_field_samples=field,
            stride_samples=stride * layer[2] * stride_after,
            minimum_samples=minimum,
        )

    def _fewest_samples(self, picky: int, number: int, layer: ConvLayer) -> int:
        """The samples from which one layer gives the frames that it needs, with another in the place of one."""
        until = self._fields[min(picky, number)]
        for position in range(min(picky, number), picky + 1):
            until = _widen(until, layer if position == number else self.layers[position])
        field, stride = until
        return field + (self._fewest[picky] - 1) * stride

    def _from(self, number: int, frames: int) -> tuple[_Cost, int]:
        """The cost of all layers from one on for the frames that it takes, and the frames that come out."""
        cost = _Cost()
        while frames != self._frames[number] and number < len(self.layers):
            end = self._row_ends[number]
            if end > number:
                row, frames = self._row(number, end, frames)
            else:
                before, frames, end = frames, _frames_out(frames, self.layers[number]), number + 1
                row = self._linear[number].at(before, frames)
            cost, number = cost.beside(row), end
        if number < len(self.layers):
            return cost.beside(self._costs_after[number]), self._frames[-1]
        return cost, frames

    def _row(self, number: int, end: int, frames: int) -> tuple[_Cost, int]:
        """The same of layers of stride 1 up to another."""
        # What the first layer of all would take, were all before this one of stride 1 too.
        origin = frames + self._dropped[number]
        (macs, macs_rate, kept, kept_rate), until = self._row_sums[number], self._row_sums[end]
        cost = _Cost(
            until[0] - macs + origin * (until[1] - macs_rate),
            until[2] - kept + origin * (until[3] - kept_rate),
            _highest(self._envelopes[number], self._most_frames, origin),
        )
        return cost, origin - self._dropped[end]

    def _sum_up_rows(self) -> None:
        """Prepare `_row`: all costs of layers of stride 1 as lines over the frames that all would take together."""
        layers = self.layers
        self._dropped = list(accumulate([kernel - 1 for _, kernel, _ in layers], initial=0))
        self._most_frames = self._workload.samples + self._dropped[-1]
        sums = [(0, 0, 0, 0)]
        lines: list[list[_Line]] = []
        for (_, _, stride), linear, dropped in zip(layers, self._linear, self._dropped[1:], strict=True):
            macs, kept, *live = [
                (constant - dropped * rate, rate)
                for constant, rate in zip(linear.constant, linear.per_frame_out, strict=True)
            ]
            lines.append(live)
            added = (*macs, *kept) if stride == 1 else (0, 0, 0, 0)
            sums.append(tuple(before + each for before, each in zip(sums[-1], added, strict=True)))
        self._row_sums = sums
        # A row that starts at a layer is that layer before the row that starts at the next.
        row_ends = [len(layers)]
        envelopes: list[_Envelope] = [None]
        for number in reversed(range(len(layers))):
            is_in_row = layers[number][2] == 1
            envelope = envelopes[-1] if is_in_row else None
            for line in lines[number] if is_in_row else ():
                envelope = _with_line(envelope, 0, self._most_frames, line)
            row_ends.append(row_ends[-1] if is_in_row else number)
            envelopes.append(envelope)
        self._row_ends, self._envelopes = row_ends[::-1], envelopes[::-1]

    def _numbered(self) -> Iterator[tuple[int, tuple[int, ConvLayer]]]:
        return enumerate(zip(self._in_channels, self.layers, strict=False))

    def _block(self, number: int, in_channels: int, layer: ConvLayer) -> Layer:
        """One layer, which is built as the only one or the second."""
        layers = (layer,) if number == 0 else ((in_channels, 1, 1), layer)
        build, arguments = self._part
        return _blocks(build(with_values(self._config, {self._field: layers}), *arguments))[-1]

    def _evaluate(self, number: int, block: Layer, frames: int, channels: int) -> list[int]:
        """The MACs, the kept bytes, and the live bytes of each operation of a layer for what it takes."""
        # The waveforms are alive all along, and are themselves what the first layer takes.
        waveforms = self._workload.batch * self._workload.samples * DTYPE_BYTES[self._workload.dtype]
        taken = Flow(frames, channels)
        calls = run(block, taken)
        macs = total_macs(calls, self._workload.batch).total
        held_bytes = waveforms if number else 0
        trace = Lives(calls, training=True).trace(self._workload, taken, held_bytes=held_bytes)
        return [macs, sum(trace.kept_bytes), *trace.live_bytes]

    def _interpolate(self, number: int, block: Layer) -> _Linear:
        """A layer's costs for any frames, from those for one or two frames out."""
        _, kernel, stride = self.layers[number]

        def evaluate(frames: int) -> list[int]:
            return self._evaluate(number, block, frames, self._in_channels[number])

        one, two = evaluate(kernel), evaluate(kernel + stride)
        # With a stride of 1 a frame more in is a frame more out, which is all that is asked for.
        more = evaluate(kernel + 1) if stride > 1 else one
        per_in = [b - a for a, b in zip(one, more, strict=True)]
        per_out = [b - a - stride * each for a, b, each in zip(one, two, per_in, strict=True)]
        constant = [a - kernel * each - out for a, each, out in zip(one, per_in, per_out, strict=True)]
        return _Linear(tuple(constant), tuple(per_in), tuple(per_out))


def _cost(values: Sequence[int]) -> _Cost:
    macs, kept_bytes, *live_bytes = values
    return _Cost(macs, kept_bytes, max(live_bytes))


def _frames_out(frames: int, layer: ConvLayer) -> int:
    _, kernel, stride = layer
    return (frames - kernel) // stride + 1


def _widen(field: tuple[int, int], layer: ConvLayer) -> tuple[int, int]:
    """The receptive field and the stride after a layer, from those before it."""
    return field[0] + (layer[1] - 1) * field[1], field[1] * layer[2]


def _precede(field: tuple[int, int], layer: ConvLayer) -> tuple[int, int]:
    """The receptive field less 1 and the stride of some layers with one before them."""
    return layer[1] - 1 + layer[2] * field[0], layer[2] * field[1]


def _with_line(envelope: _Envelope, low: int, high: int, line: _Line) -> _Envelope:
    """An envelope over the numbers from low to high with one line more."""
    if envelope is None:
        return line, None, None
    highest, left, right = envelope
    middle = (low + high) // 2
    if _height(line, middle) > _height(highest, middle):
        highest, line = line, highest
    # Two lines cross once: the lower one in the middle is higher in one half at most.
    if _height(line, low) > _height(highest, low):
        left = _with_line(left, low, middle, line)
    elif _height(line, high) > _height(highest, high):
        right = _with_line(right, middle + 1, high, line)
    return highest, left, right


def _highest(envelope: _Envelope, high: int, number: int) -> int:
    """The height of an envelope over the numbers from 0 to high at one of them."""
    low, most = 0, 0
    while envelope is not None:
        line, left, right = envelope
        most = max(most, _height(line, number))
        middle = (low + high) // 2
        if number <= middle:
            envelope, high = left, middle
        else:
            envelope, low = right, middle + 1
    return most


def _height(line: _Line, number: int) -> int:
    return line[0] + line[1] * number


def is_row_of_convolutions(extractor: Layer, length: int) -> bool:
    """Whether an extractor is what `Extractor` takes it for: so many modules that run one after the other, and no more.

    What it costs in training and what it holds in inference are both read off one trace.
    """
    blocks = _blocks(extractor)
    return len(blocks) == length and all(
        block.copies == 1 and not block.sources and _is_alike_in_inference(block) for block in blocks
    )


def _blocks(layer: Layer) -> tuple[Layer, ...]:
    """The modules of the list that a layer is, or that is all that it holds; none where it holds anything beside it."""
    while not layer.is_list:
        if layer.operation is not None or layer.schedule:
            return ()
        if all(child.name.isdecimal() for child in layer.children):
            break
        if len(layer.children) != 1:
            return ()
        [layer] = layer.children
    return () if layer.schedule else layer.children


def _is_alike_in_inference(block: Layer) -> bool:
    """Whether all operations of a layer hold in inference what they hold in training."""
    operation = block.operation
    is_alike = operation is None or (
        operation.passes_on(training=True) == operation.passes_on(training=False)
        and not operation.beside_in_training_alone
        and type(operation).moments is Operation.moments
    )
    return is_alike and all(map(_is_alike_in_inference, block.children))


def _fewest_frames(block: Layer, batch: int) -> int:
    """The fewest frames that any operation of a layer takes, all behind its convolution."""
    own = block.operation.fewest_frames(batch) if block.operation is not None else 1
    return max([own, *[_fewest_frames(child, batch) for child in block.children]])
