"""Memory of inference: parameters, and the most that tensors take at once.

From the lives of the tensors (`liveness`). What a driver, an allocator and kernels use for themselves is not in it.
"""

from typing import NamedTuple

from w2v_explore.analysis.memory.liveness import trace_memory
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.tree.layer import Layer

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
        peak_path: The module that runs when they do; of equal layers the first.
    """

    parameter_bytes: int
    peak_activation_bytes: int
    peak_path: str

    @property
    def total_bytes(self) -> int:
        """Parameters and peak together."""
        return self.parameter_bytes + self.peak_activation_bytes


def inference_memory(tree: Layer, workload: Workload) -> InferenceMemory:
    """The memory of a forward pass in the workload's dtype."""
    peak = max(trace_memory(tree, workload, training=False), key=lambda operation: operation.live_bytes)
    return InferenceMemory(tree.parameters * DTYPE_BYTES[workload.dtype], peak.live_bytes, peak.path)
