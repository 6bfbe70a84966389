"""What memory is held over a pass, from one operation to the next: of inference, and of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.memory.step_order import Phase
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.tree.attention import calls_in_kernel
from w2v_explore.tree.run import each_copy


class MemoryOverPass(NamedTuple):
    """What is held, step by step.

    Attributes:
        state_bytes: What is there all along: weights, and in training the optimizer's states and a teacher.
        live_bytes: All else at each step: activations, their gradients, and the gradients of parameters.
        gradient_bytes: The gradients of parameters among it; all 0 in inference.
        marks: From which step on which module runs in which pass, by its own path.
    """

    state_bytes: int
    live_bytes: Sequence[int]
    gradient_bytes: Sequence[int]
    marks: Sequence[tuple[int, str, Phase]]

    @property
    def peak_bytes(self) -> int:
        """The most that is held at once."""
        return self.state_bytes + max(self.live_bytes)


def memory_over_inference(analysis: Analysis) -> MemoryOverPass:
    """Of a forward pass without gradients, in the workload's dtype: a step for each operation that makes a tensor."""
    workload = analysis.workload
    is_half = DTYPE_BYTES[workload.dtype] == 2
    calls, _ = each_copy(calls_in_kernel(analysis.calls, analysis.attention, is_half=is_half, autocast=False))
    lives = Lives(calls, training=False)
    live = lives.trace(workload, analysis.takes.flow(workload.samples)).live_bytes
    marks: list[tuple[int, str, Phase]] = [
        (step, calls[position].path, "forward") for step, position in enumerate(lives.makers())
    ]
    return MemoryOverPass(analysis.parameter_bytes, live, [0] * len(live), marks)


def memory_over_step(analysis: Analysis, training: TrainingCost, *, checkpointing: bool) -> MemoryOverPass:
    """Of a training step: a step for each tensor that is allocated or freed.

    Args:
        analysis: Whose workload it is of.
        training: What it costs in the precision that is meant.
        checkpointing: Whether there is a checkpoint at each stacked layer.
    """
    recipe, workload = training.recipe, analysis.workload
    timeline = analysis.timeline(recipe, checkpointing=checkpointing)
    course = timeline.course(replace(workload, dtype=recipe.dtype), analysis.takes.flow(workload.samples))
    state = training.weight_bytes + training.optimizer_bytes + training.teacher_bytes
    return MemoryOverPass(state, course.live, course.gradients, course.marks)
