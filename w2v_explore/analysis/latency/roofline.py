"""The roofline of Williams et al. 2009: what each operation computes and moves, and the least time that it can take.

An operation that does ``macs`` multiply–accumulates and moves ``bytes`` to and from memory takes no less than either
needs by itself. In the terms of the paper: its throughput is at most min(peak, intensity × bandwidth), where its
arithmetic intensity is MACs per byte.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.operations import Conv1d, LayerNorm, Linear, Operation, ScaledDotProductAttention, WeightNorm


class Work(NamedTuple):
    """What one operation computes and moves.

    Attributes:
        path: Its folded path.
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


def kind_of(operation: Operation, channels_first: bool, num_taken: int = 1) -> str:
    """The kind of an operation's work: ``linear``, ``gelu``, ``channels_first/gelu``.

    Args:
        operation: Its class is its kind; convolutions of a waveform and those in groups have kernels of their own.
        channels_first: Whether what it takes lies channels first in memory, each channel's frames side by side.
        num_taken: How many tensors it takes: attention with a bias has kernels of its own.
    """
    match operation:
        case Conv1d(in_channels=1):
            return "waveform_convolution"  # with one channel there is but one way to lie
        case Conv1d():
            kind = "convolution" if operation.groups == 1 else "grouped_convolution"
        case WeightNorm():
            return "weight_norm"  # what it takes are parameters
        case ScaledDotProductAttention() if operation.has_bias(num_taken):
            kind = "biased_attention"
        case LayerNorm():
            kind = "layer_norm"  # scaled or not
        case _ if operation.mac_kind == "linear":
            kind = "linear"  # whichever family's, and of each head by itself
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
    batch, element_bytes = analysis.workload.batch, DTYPE_BYTES[analysis.workload.dtype]
    works = []
    # Whether each value lies channels first, by the call that made it.
    channels_first = {-1: isinstance(analysis.takes, Waveforms)}
    for position, call in enumerate(analysis.calls):
        operation, taken = call.operation, [channels_first.get(made, False) for made in call.sources]
        channels_first[position] = any(taken[:1])
        if operation is None:
            continue  # what it gives is known by the calls inside it
        channels_first[position] = gives_channels_first(operation, any(taken[:1]))
        if operation.passes_on(training=False):
            continue
        read = 0 if operation.reads_lengths else sum([flow.elements(batch) for flow in call.takes])
        elements = read + call.gives.elements(batch) + operation.parameters
        # One number is made of all that is read, in whichever order it lies.
        in_order = call.gives.frames * call.gives.channels > 1
        kind, macs = kind_of(operation, any(taken) and in_order, len(taken)), operation.macs(batch, *call.takes)
        works.append(Work(call.path, kind, macs, elements * element_bytes, call.copies))
    return works


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
    own: dict[str, float] = {}
    for work in trace_work(analysis):
        own[work.path] = own.get(work.path, 0.0) + roofs.least_seconds(work.macs, work.bytes)
    least = total_by_path(analysis.layers, own)
    shares = {}
    for path, took in seconds.items():
        bound = least[analysis.tree.folded_path(path)]
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
