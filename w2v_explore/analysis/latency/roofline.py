"""The roofline of Williams et al. 2009: what each operation computes and moves, and the least time that it can take.

An operation that does ``macs`` multiply–accumulates and moves ``bytes`` to and from memory takes no less than either
needs by itself. In the terms of the paper: its throughput is at most min(peak, intensity × bandwidth), where its
arithmetic intensity is MACs per byte.
"""

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures, folded_path
from w2v_explore.analysis.workload import DTYPE_BYTES
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Conv1d, LayerNorm, Linear, Operation, ScaledDotProductAttention, WeightNorm


class Work(NamedTuple):
    """What one operation computes and moves.

    Attributes:
        path: Its module path; of equal layers in a row the first.
        kind: Operations of one kind run in kernels that are alike, on memory that is laid out alike (`kind_of`).
        macs: For the whole batch; 0 for what counts none, such as norms.
        bytes: Inputs, parameters and output, each once.
        copies: For how many equal operations it stands.
    """

    path: str
    kind: str
    macs: int
    bytes: int
    copies: int


class Roofs(NamedTuple):
    """What a device does at most.

    Attributes:
        macs_per_s: Of the product of two large matrices.
        bytes_per_s: To and from memory.
    """

    macs_per_s: float
    bytes_per_s: float

    def least_seconds(self, macs: int, size_bytes: int) -> float:
        """The time of an operation that reaches its roof."""
        return max(macs / self.macs_per_s, size_bytes / self.bytes_per_s)


BETWEEN = "between"
"""The kind of what lies between the operations of a pass (`prediction`)."""


def kind_of(operation: Operation, channels_first: bool) -> str:
    """The kind of an operation's work: ``linear``, ``gelu``, ``channels_first/gelu``.

    Args:
        operation: Its class is its kind; convolutions of a waveform and those in groups have kernels of their own.
        channels_first: Whether what it takes lies channels first in memory, each channel's frames side by side.
    """
    match operation:
        case Conv1d(in_channels=1):
            return "waveform_convolution"  # with one channel there is but one way to lie
        case Conv1d():
            kind = "convolution" if operation.groups == 1 else "grouped_convolution"
        case WeightNorm():
            return "weight_norm"  # what it takes are parameters
        case _:
            kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__).lower()
    return f"channels_first/{kind}" if channels_first else kind


def gives_channels_first(operation: Operation, takes_channels_first: bool) -> bool:
    """Whether what an operation puts out lies channels first in memory, whichever way torch shows the tensor.

    Convolutions write channel by channel, what works on the channels of one frame writes frame by frame, and all else
    writes as it reads.
    """
    match operation:
        case Conv1d():
            return True
        case LayerNorm() | Linear() | ScaledDotProductAttention():
            return False
    return takes_channels_first


def trace_work(analysis: Analysis) -> list[Work]:
    """Every operation that takes time, in the order in which they run. Views and inactive dropout take none."""
    workload = analysis.workload
    walk = _Walk(workload.batch, DTYPE_BYTES[workload.dtype])
    walk.layer(analysis.tree, "", workload.samples, 1, 1, [True])
    return walk.works


def roof_shares(analysis: Analysis, roofs: Roofs, seconds: Mapping[str, float]) -> dict[str, float]:
    """The share of the roof that layers achieve: the least time of the operations at and below each over its own.

    More than 1 means that data was still in a cache, which memory's bandwidth does not bound.

    Args:
        analysis: What was measured.
        roofs: Of the device that it was measured on.
        seconds: The measured total of layers by module path, equal layers each under its own path or as the first.

    Returns:
        By the same paths; without layers that took no time or have no operation that should.
    """
    own = {work.path: roofs.least_seconds(work.macs, work.bytes) for work in trace_work(analysis)}
    least = total_by_path(analysis.layers, own)
    shares = {}
    for path, took in seconds.items():
        bound = least[folded_path(analysis.layers, path)]
        if took > 0 and bound > 0:
            shares[path] = bound / took
    return shares


def total_by_path(layers: Sequence[LayerFigures], own: Mapping[str, float]) -> dict[str, float]:
    """For each layer the sum of a figure over the operations at and below it; of equal layers the first, as one.

    Args:
        layers: An analysis's layers, parents before children.
        own: The figure of single operations, by module path.
    """
    totals = {row.path: own.get(row.path, 0.0) for row in layers}
    for row in reversed(layers):
        if row.path:
            totals[row.path.rpartition(".")[0]] += row.copies * totals[row.path]
    return totals


class _Walk:
    """Follows frames and channels through the tree, as `analyze_layers` does."""

    def __init__(self, batch: int, element_bytes: int) -> None:
        self.batch = batch
        self.element_bytes = element_bytes
        self.works: list[Work] = []

    def layer(
        self, layer: Layer, path: str, frames: int, channels: int, copies: int, channels_first: list[bool]
    ) -> tuple[int, int, bool]:
        """Add the operations at and below a layer that takes ``frames`` × ``channels``; returns what comes out."""
        operation = layer.operation
        out_frames, out_channels = operation.flow(frames, channels) if operation else (frames, channels)
        prefix = f"{path}." if path else ""
        gives = channels_first[0] if operation is None else gives_channels_first(operation, channels_first[0])
        laid_out = {"": channels_first[0]}
        for child in layer.in_schedule():
            taken_first = [laid_out[source] for source in child.sources] or [gives]
            out_frames, out_channels, gives = self.layer(
                child, prefix + child.name, out_frames, out_channels, copies * child.copies, taken_first
            )
            laid_out[child.name] = gives
        if operation is not None and not operation.passes_on(training=False):
            taken = max(1, len(layer.sources)) * frames * channels
            macs = operation.macs(self.batch, frames, channels)
            size = self._elements(operation, taken + out_frames * out_channels) * self.element_bytes
            self.works.append(Work(path, kind_of(operation, any(channels_first)), macs, size, copies))
        return out_frames, out_channels, gives

    def _elements(self, operation: Operation, activations: int) -> int:
        """Elements that are read or written; ``activations`` are those of one utterance."""
        parameters = sum(map(prod, operation.parameter_shapes().values()))
        match operation:
            case WeightNorm():
                return parameters + prod(operation.weight_shape)
            case Conv1d(weight_norm=True):
                parameters += prod(operation.weight_shape)
        return self.batch * activations + parameters
