"""Which tensors are alive as each operation runs, and which of them the backward pass keeps.

A tensor lives from the operation that makes it to the last that takes it, and what a module was called with lives as
long as the call. Views share the memory of what they are views of. Attention runs in a fused kernel and dropout keeps
a byte per element, as on an accelerator, or the factor 0 alone where its probability is 1; what a kernel allocates for
itself while it runs is not seen.
"""

from typing import NamedTuple

from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Conv1d, Dropout, Operation, WeightNorm

_STATISTICS_BYTES = 4


class OperationMemory(NamedTuple):
    """What one operation does to memory.

    Attributes:
        path: Its module path; equal layers in a row are represented by the first.
        live_bytes: All tensors that are alive while it runs, its inputs and outputs and the waveforms among them;
            without parameters.
        kept_bytes: What it keeps for the backward pass and no operation before it keeps already; 0 in inference.
        output_bytes: Of what it puts out.
        copies: For how many equal operations it stands.
    """

    path: str
    live_bytes: int
    kept_bytes: int
    output_bytes: int
    copies: int


class _Tensor:
    """The memory of a tensor; views of it are the same object, seen with other shapes."""

    __slots__ = ("bytes", "kept")

    def __init__(self, size: int) -> None:
        self.bytes = size
        self.kept = False


class _Value(NamedTuple):
    """What a module takes or returns: a tensor as batch × frames × channels."""

    tensor: _Tensor
    frames: int
    channels: int


def trace_memory(tree: Layer, workload: Workload, *, training: bool) -> list[OperationMemory]:
    """Every operation that runs, in the order in which they run.

    Args:
        tree: A model's tree.
        workload: With samples enough for one frame.
        training: Whether dropout is on and tensors are kept for the backward pass.
    """
    return trace_part(tree, workload, workload.samples, 1, held_bytes=0, training=training)


def trace_part(
    layer: Layer, workload: Workload, frames: int, channels: int, *, held_bytes: int, training: bool
) -> list[OperationMemory]:
    """The same for a part of a model.

    Args:
        layer: The part.
        workload: Of the model.
        frames: Of what the part takes.
        channels: Of what the part takes.
        held_bytes: Tensors beside that one that are alive all along.
        training: As above.
    """
    trace = _Trace(workload, training, held_bytes)
    taken = _Value(_Tensor(workload.batch * frames * channels * trace.element_bytes), frames, channels)
    trace.call(layer, "", (taken,), 1)
    return trace.operations


class _Trace:
    def __init__(self, workload: Workload, training: bool, held_bytes: int) -> None:
        self.batch = workload.batch
        self.training = training
        self.element_bytes = DTYPE_BYTES[workload.dtype]
        self.statistics_bytes = max(_STATISTICS_BYTES, self.element_bytes)
        self.operations: list[OperationMemory] = []
        # What the calls in progress hold: their arguments, and results that later calls will take. The same tensor
        # may be held more than once.
        self._held = [_Tensor(held_bytes)]

    def call(self, layer: Layer, path: str, inputs: tuple[_Value, ...], copies: int) -> _Value:
        """Run a module on what it takes; returns what comes out."""
        held = len(self._held)
        self._held += [value.tensor for value in inputs]
        if layer.operation is None:
            output = self._composite(layer, path, inputs[0], copies)
        else:
            output = self._operation(layer, layer.operation, path, inputs, copies)
        del self._held[held:]
        return output

    def _composite(self, layer: Layer, path: str, value: _Value, copies: int) -> _Value:
        prefix = f"{path}." if path else ""
        schedule = layer.in_schedule()
        last_taken = {source: position for position, child in enumerate(schedule) for source in child.sources}
        results = {"": value}
        previous = ""
        for position, child in enumerate(schedule):
            held = len(self._held)
            self._held += [
                results[name].tensor for name, last in last_taken.items() if last > position and name in results
            ]
            inputs = tuple([results[source] for source in child.sources]) or (results[previous],)
            results[child.name] = self.call(child, prefix + child.name, inputs, copies * child.copies)
            del self._held[held:]
            previous = child.name
        return results[previous]

    def _operation(
        self, layer: Layer, operation: Operation, path: str, inputs: tuple[_Value, ...], copies: int
    ) -> _Value:
        _, frames, channels = inputs[0]
        size = statistics = operation.statistics(self.batch, frames, channels) * self.statistics_bytes
        weights: list[_Tensor] = []
        if isinstance(operation, Conv1d) and operation.weight_norm:
            weights.append(self._weight(layer, path, copies))
            self._held += weights
        out_frames, out_channels = operation.flow(frames, channels)
        if operation.passes_on(self.training):
            return _Value(inputs[0].tensor, out_frames, out_channels)
        elements = self.batch * out_frames * out_channels
        if isinstance(operation, Dropout):
            # The mask; to drop everything torch multiplies by a single zero, and keeps that.
            size = statistics + (elements if operation.p < 1 else self.element_bytes)
        output = _Tensor(elements * self.element_bytes)
        kept = 0
        if self.training:
            kept = size
            needed = [value.tensor for value in inputs] + weights if operation.keeps_input else []
            kept += sum(map(_keep, [*needed, output] if operation.keeps_output else needed))
        self._record(path, size, output.bytes, kept, copies)
        return _Value(output, out_frames, out_channels)

    def _weight(self, layer: Layer, path: str, copies: int) -> _Tensor:
        """The weight that weight-norm makes anew in each pass."""
        [parametrizations] = layer.children
        [child] = parametrizations.children
        assert isinstance(child.operation, WeightNorm)
        out_channels, in_channels, kernel = child.operation.weight_shape
        weight = _Tensor(out_channels * in_channels * kernel * self.element_bytes)
        statistics = child.operation.statistics(1, 0, 0) * self.statistics_bytes
        path = f"{path}.{parametrizations.name}.{child.name}"
        self._record(path, statistics, weight.bytes, statistics if self.training else 0, copies)
        return weight

    def _record(self, path: str, beside_bytes: int, output_bytes: int, kept_bytes: int, copies: int) -> None:
        live_bytes = sum([tensor.bytes for tensor in set(self._held)]) + beside_bytes + output_bytes
        self.operations.append(OperationMemory(path, live_bytes, kept_bytes, output_bytes, copies))


def _keep(tensor: _Tensor) -> int:
    """Keep a tensor for the backward pass; returns the bytes that this adds to what is kept."""
    if tensor.kept:
        return 0
    tensor.kept = True
    return tensor.bytes
