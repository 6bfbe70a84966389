"""What memory is held over a pass, from one operation to the next: of inference, and of a training step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.step_order import Phase
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.tree.run import Call


class MemoryOverPass(NamedTuple):
    """What is held, step by step.

    Attributes:
        resident_bytes: What is held all along: weights, and in training the optimizer's states and a teacher.
        live_bytes: All else at each step: activations, their gradients, and the gradients of parameters.
        gradient_bytes: The gradients of parameters among it; all 0 in inference.
        marks: Where a module begins to run: the step, the module by its own path, and the pass.
    """

    resident_bytes: int
    live_bytes: Sequence[int]
    gradient_bytes: Sequence[int]
    marks: Sequence[tuple[int, str, Phase]]

    @property
    def peak_bytes(self) -> int:
        """The most that is held at once."""
        return self.resident_bytes + max(self.live_bytes)


def memory_over_inference(analysis: Analysis) -> MemoryOverPass:
    """Of a forward pass without gradients, in the workload's dtype: a step for each operation that makes a tensor."""
    trace = analysis.trace(training=False)
    calls, makers = trace.lives.calls, trace.lives.makers()
    of_maker = dict(zip(makers, trace.live_bytes, strict=True))
    live: list[int] = []
    marks: list[tuple[int, str, Phase]] = []
    for position, path in _each_copy(calls, 0, len(calls), "", ""):
        if position in of_maker:
            marks.append((len(live), path, "forward"))
            live.append(of_maker[position])
    return MemoryOverPass(analysis.parameter_bytes, live, [0] * len(live), marks)


def _each_copy(calls: Sequence[Call], start: int, end: int, folded_path: str, path: str) -> Iterator[tuple[int, str]]:
    """The calls from one on and before another, those of folded layers once for each copy, with their own paths.

    Args:
        calls: With folded layers `apart`.
        start: The first.
        end: The one after the last.
        folded_path: Of the module that they are inside of.
        path: The same with the numbers of the copies.
    """
    seen: dict[str, int] = {}
    position = start
    while position < end:
        call = calls[position]
        own = path + call.path[len(folded_path) :]
        if call.layer.copies == 1:
            yield position, own
            position += 1
            continue
        parent, dot, first = own.rpartition(".")
        # The first copy is called by itself, and then all others at once.
        before = seen.get(call.path, 0)
        for number in range(before, before + call.folded):
            copy = f"{parent}{dot}{int(first) + number}"
            if call.end == position + 1:
                yield position, copy
            else:
                yield from _each_copy(calls, position + 1, call.end, call.path, copy)
        seen[call.path] = before + call.folded
        position = call.end


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
    return MemoryOverPass(training.resident_bytes, course.live, course.gradients, course.marks)
