"""The roofline of Williams et al. 2009: what each operation computes and moves, and the least time that it can take.

An operation that does ``macs`` multiply–accumulates and moves ``bytes`` to and from memory takes no less than either
needs by itself. In the terms of the paper: its throughput is at most min(peak, intensity × bandwidth), where its
arithmetic intensity is MACs per byte.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures
from w2v_explore.analysis.workload import DTYPE_BYTES
from w2v_explore.tree.operations import (
    GELU,
    Add,
    Conv1d,
    GroupNorm,
    LayerNorm,
    Linear,
    Operation,
    ScaledDotProductAttention,
    WeightNorm,
)


class Work(NamedTuple):
    """What one operation computes and moves.

    Attributes:
        path: Its folded path.
        kind: Operations of one kind run in kernels that are alike, on memory that is laid out alike. Those of the
            extractor have its mode before them, ``group_norm/gelu``: with layer norm, activations lie channels last.
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


_KIND_BY_OPERATION: dict[type, str] = {
    Linear: "linear",
    ScaledDotProductAttention: "attention",
    GELU: "gelu",
    LayerNorm: "layer_norm",
    GroupNorm: "group_norm",
    WeightNorm: "weight_norm",
    Add: "add",
}

_EXTRACTOR_KINDS = {
    "group_norm": ("waveform_convolution", "convolution", "gelu", "group_norm", "between"),
    "layer_norm": ("waveform_convolution", "convolution", "gelu", "layer_norm", "between"),
}

KINDS = frozenset(
    {f"{mode}/{kind}" for mode, kinds in _EXTRACTOR_KINDS.items() for kind in kinds}
    | {"linear", "attention", "gelu", "layer_norm", "add", "positional_convolution", "weight_norm"}
)
"""All kinds of work that there are; ``between`` is what lies between the operations of a pass (`prediction`)."""


def trace_work(analysis: Analysis) -> list[Work]:
    """Every operation that takes time, in the order in which they run. Views and inactive dropout take none."""
    batch, element_bytes = analysis.workload.batch, DTYPE_BYTES[analysis.workload.dtype]
    extractor_mode = analysis.config.model.extractor_mode
    works = []
    for call in analysis.calls:
        operation = call.operation
        if operation is None or operation.passes_on(training=False):
            continue
        taken = 0 if operation.reads_lengths else sum([flow.elements(batch) for flow in call.takes])
        elements = taken + call.gives.elements(batch) + operation.parameters
        kind = _kind(operation, call.path, extractor_mode)
        works.append(Work(call.path, kind, operation.macs(batch, *call.takes), elements * element_bytes, call.copies))
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


def _kind(operation: Operation, path: str, extractor_mode: str) -> str:
    in_extractor = path.startswith("feature_extractor.")
    match operation:
        case Conv1d(in_channels=1) if in_extractor:
            kind = "waveform_convolution"
        case Conv1d():
            kind = "convolution" if in_extractor else "positional_convolution"
        case _:
            kind = _KIND_BY_OPERATION[type(operation)]
    return f"{extractor_mode}/{kind}" if in_extractor else kind
