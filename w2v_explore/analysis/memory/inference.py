"""Memory of inference: parameters, and the most that tensors take at once.

From the lives of the tensors (`liveness`). What a driver, an allocator and kernels use for themselves is not in it.
"""

from typing import NamedTuple

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.liveness import Trace

NOT_INCLUDED = (
    "Not in these figures: what the allocator rounds up and leaves unused, the workspace of kernels, the device's own "
    "context; in training also the loss, and what an optimizer makes while it updates."
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


def inference_memory(parameters: int, trace: Trace) -> InferenceMemory:
    """The memory of a forward pass.

    Args:
        parameters: Elements of all parameters.
        trace: The tensors of the pass.
    """
    return InferenceMemory(parameters * DTYPE_BYTES[trace.workload.dtype], trace.peak_bytes, trace.peak_path)
