"""All that `memory` answers of one config: inference and training in float32 and in 16 bits, and what fits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.fit import Fit, fit_inference, fit_training
from w2v_explore.analysis.memory import InferenceMemory, inference_memory
from w2v_explore.analysis.training import TrainingCost, training_cost
from w2v_explore.analysis.workload import DTYPE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """What fits a memory, by dtype.

    Attributes:
        memory_bytes: The memory.
        inference: The largest forward passes.
        training: The largest training steps.
        checkpointed_training: The same with a checkpoint at each transformer layer; empty where nobody asked.
    """

    memory_bytes: int
    inference: Mapping[str, Fit]
    training: Mapping[str, Fit]
    checkpointed_training: Mapping[str, Fit]

    @property
    def all(self) -> tuple[Fit, ...]:
        """What fits in each of these ways."""
        ways = (self.inference, self.training, self.checkpointed_training)
        return tuple(fit for way in ways for fit in way.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCosts:
    """What inference and training of a config cost, by dtype, the workload's own first.

    Attributes:
        analysis: The config and the workload.
        inference: Of a forward pass.
        training: Of a training step; 16 bits mean mixed precision.
        fits: What fits the memory that was asked about; None where none was.
    """

    analysis: Analysis
    inference: Mapping[str, InferenceMemory]
    training: Mapping[str, TrainingCost]
    fits: Fits | None

    @property
    def workload_fits(self) -> bool:
        """Whether the workload fits the memory that was asked about in any way that is shown."""
        batch = self.analysis.workload.batch
        return self.fits is None or any(fit.batch >= batch for fit in self.fits.all)


def analyze_memory(analysis: Analysis, *, memory_bytes: int | None = None, checkpointing: bool = False) -> MemoryCosts:
    """Work out what a config needs.

    Args:
        analysis: A config under a workload.
        memory_bytes: A memory to fill with the largest workloads.
        checkpointing: Whether to fill it with checkpointed training too.
    """
    workload = analysis.workload
    other = "bfloat16" if DTYPE_BYTES[workload.dtype] != 2 else "float32"
    dtypes = (workload.dtype, other)
    fits = None
    if memory_bytes is not None:
        fits = Fits(
            memory_bytes=memory_bytes,
            inference={dtype: fit_inference(analysis, memory_bytes, dtype) for dtype in dtypes},
            training={dtype: fit_training(analysis, memory_bytes, dtype, checkpointing=False) for dtype in dtypes},
            checkpointed_training={
                dtype: fit_training(analysis, memory_bytes, dtype, checkpointing=True)
                for dtype in (dtypes if checkpointing else ())
            },
        )
    return MemoryCosts(
        analysis=analysis,
        inference={dtype: inference_memory(analysis.architecture, replace(workload, dtype=dtype)) for dtype in dtypes},
        training={dtype: training_cost(analysis, dtype) for dtype in dtypes},
        fits=fits,
    )
