"""Memory of inference: parameters, and the most that tensors take at once.

From the lives of the tensors (`liveness`). What a driver, an allocator and kernels use for themselves is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.workload import DTYPE_BYTES

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.analyze import Analysis

NOT_INCLUDED = (
    "Not in these figures: what the allocator rounds up and leaves unused, the workspace of kernels, the device's own "
    "context; in training also the gradients of activations while the backward pass runs."
)
"""What is in no figure of memory."""


class InferenceMemory(NamedTuple):
    """The memory of one forward pass without gradients.

    Attributes:
        parameter_bytes: Of all parameters.
        peak_activation_bytes: The most that tensors take at once, the waveforms among them, the parameters not.
        peak_path: The module that runs when they do, by its folded path.
    """

    parameter_bytes: int
    peak_activation_bytes: int
    peak_path: str

    @property
    def total_bytes(self) -> int:
        """Parameters and peak together."""
        return self.parameter_bytes + self.peak_activation_bytes


def inference_memory(analysis: Analysis, dtype: str | None = None) -> InferenceMemory:
    """The memory of a forward pass.

    Args:
        analysis: A config under a workload.
        dtype: Instead of the workload's.
    """
    dtype = dtype or analysis.workload.dtype
    trace = analysis.trace(dtype, training=False)
    return InferenceMemory(analysis.parameters * DTYPE_BYTES[dtype], trace.peak_bytes, trace.peak_path)
