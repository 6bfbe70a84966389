"""What a training step holds of activations and their gradients, by the stages of its passes.

A stage is the pass of one of `units`. All of it comes from the order in which a step allocates and frees
(`memory.step_peak`). Equal layers that follow each other hold alike, but for the first and the last. Of many these and
the second are written down; each between them holds what the second does, and what those before it keep.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import add, sub
from typing import NamedTuple

from w2v_explore.analysis.memory.step_order import Phase
from w2v_explore.analysis.memory.step_peak import Course, TrainingTimeline
from w2v_explore.analysis.plan.units import Unit
from w2v_explore.analysis.workload import Workload
from w2v_explore.tree.operations import Flow
from w2v_explore.tree.run import Call, Trained

_WRITTEN = 3


class Stages(NamedTuple):
    """Bytes that a training step holds of activations and their gradients, by `units`, the last first.

    Attributes:
        enters: When the forward pass of each layer begins, and what ended with the unit before is freed.
        forward: The most during it.
        begins: When the backward pass of each begins.
        within: The most during it, with the gradients of the parameters that it has made by then.
        passing: The same where each of these is added to what is there as soon as it is complete.
        ends: When it is over, without them.
        most: The most at any moment of the step, without gradients of parameters.
        peak: The most with those of them that there are by then.
        passing_peak: The most with those of them that are not complete.
    """

    enters: Sequence[int]
    forward: Sequence[int]
    begins: Sequence[int]
    within: Sequence[int]
    passing: Sequence[int]
    ends: Sequence[int]
    most: int
    peak: int
    passing_peak: int


class StepStages:
    """The stages of a model's training step, by workload.

    Args:
        calls: Of the model, as `run` gives them.
        parts: Its `units`.
        trained: As in `need_gradients`.
        autocast: Whether ``torch.autocast`` runs the forward pass.
        in_place: As of `TrainingTimeline`.
    """

    def __init__(
        self,
        calls: Sequence[Call],
        parts: Sequence[Unit],
        *,
        trained: Trained | None = None,
        autocast: bool = False,
        in_place: bool = True,
    ) -> None:
        self._repeats: list[_Repeat] = []
        paths = [unit.path for unit in parts]
        few = list(calls)
        position = 0
        while position < len(calls):
            call = calls[position]
            if not call.layer.stacked:
                position += 1
                continue
            # What is inside a folded module besides, or stands for layers side by side, is written down whole.
            if call.copies == call.folded > _WRITTEN and call.layer.follows_itself and call.path in paths:
                few[position] = call._replace(folded=_WRITTEN)
                second, times = paths.index(call.path) + 1, call.folded - _WRITTEN
                self._repeats.append(_Repeat(second, times))
                # The last of those that are written down has the name of the third.
                del paths[second + 2 : second + 2 + times]
            position = call.end
        self._paths = paths
        plain = TrainingTimeline(few, trained=trained, autocast=autocast, in_place=in_place)
        self._timelines = {False: plain}

    def of(self, workload: Workload, *takes: Flow, checkpointing: bool) -> Stages:
        """The stages of a step.

        Args:
            workload: Of the model; its dtype is that of weights.
            takes: What the model takes.
            checkpointing: Whether there is a checkpoint at each stacked layer.
        """
        if checkpointing not in self._timelines:
            self._timelines[checkpointing] = self._timelines[False].with_checkpoints()
        course = self._timelines[checkpointing].course(workload, *takes)
        return _expanded(_stages(course, _spans(course, self._paths), self._paths), self._repeats)


class _Repeat(NamedTuple):
    """Layers that are not written down.

    Attributes:
        second: The number of the unit that they are like, among those that are written down.
        times: How many.
    """

    second: int
    times: int


class _Span(NamedTuple):
    """Some allocations and releases that follow each other, from one on and before another.

    Attributes:
        unit: The number of the unit that runs.
        phase: In which pass.
        settled: From which on all is freed that ended with what ran before.
    """

    unit: int
    phase: Phase
    start: int
    settled: int
    end: int


def _spans(course: Course, paths: Sequence[str]) -> list[_Span]:
    """What the modules of a unit allocate and free one after the other.

    What is in no layer belongs to the next part round the layers, in the direction of the pass, or to the layer before
    it where there is none.
    """
    layers = {path: number for number, path in enumerate(paths) if path}
    starts = [*[mark[0] for mark in course.marks], len(course.live)]
    begun: list[tuple[int, Phase, int, int]] = []
    unit, last = -1, "forward"
    for number, (start, path, phase) in enumerate(course.marks):
        is_other_pass = phase != last
        before = unit
        if is_other_pass:
            unit, last = len(paths), phase
        step = 1 if phase == "forward" else -1
        while path and path not in layers:
            path = path.rpartition(".")[0]
        if path:
            unit = layers[path]
        elif not 0 <= unit < len(paths) or (paths[unit] and 0 <= unit + step < len(paths) and not paths[unit + step]):
            unit += step
        if is_other_pass or unit != before:
            # Where a module begins, before those inside it, nothing is allocated.
            begun.append((unit, phase, start, starts[number + 1]))
    ends = [*[start for _, _, start, _ in begun[1:]], starts[-1]]
    return [_Span(*each, end) for each, end in zip(begun, ends, strict=True)]


class _Written(NamedTuple):
    """The stages that are written down, the first unit first.

    Attributes:
        alone: The most during the backward pass of each, without gradients of parameters.
        made: Of the gradients of parameters that it makes.
    """

    enters: list[int]
    forward: list[int]
    begins: list[int]
    within: list[int]
    passing: list[int]
    ends: list[int]
    alone: list[int]
    made: list[int]


def _stages(course: Course, spans: Sequence[_Span], paths: Sequence[str]) -> _Written:
    live, gradients = course.live, course.gradients
    alone, passing = list(map(sub, live, gradients)), list(map(sub, live, course.complete))
    written = _Written(*[[0] * len(paths) for _ in _Written._fields])
    begun: set[tuple[int, Phase]] = set()
    for unit, phase, start, settled, end in spans:
        if start == end:
            continue
        is_new = (unit, phase) not in begun
        begun.add((unit, phase))
        before = alone[start - 1] if start else 0
        most = max(alone[start:end])
        if phase == "forward":
            if is_new and paths[unit] and settled:
                written.enters[unit] = alone[settled - 1]
            written.forward[unit] = max(written.forward[unit], most)
            continue
        written.alone[unit] = max(written.alone[unit], most)
        made_before = gradients[start - 1] if start else 0
        written.begins[unit] = before if is_new else written.begins[unit]
        own = max(live[start:end]) - made_before + written.made[unit]
        written.within[unit] = max(written.within[unit], own)
        written.passing[unit] = max(written.passing[unit], max(passing[start:end]))
        written.ends[unit] = alone[end - 1]
        written.made[unit] += gradients[end - 1] - made_before
    return written


def _expanded(written: _Written, repeats: Sequence[_Repeat]) -> Stages:
    """All stages, those that are not written down among them, the last first."""
    every = _Written(*[list(each) for each in written])
    # The last ones first: those before keep their numbers.
    for second, times in reversed(repeats):
        # What each layer keeps, and what its backward pass lets go of.
        kept = every.enters[second + 1] - every.enters[second]
        freed = every.begins[second] - every.ends[second]
        for name, values in every._asdict().items():
            more = kept if name in ("enters", "forward") else 0 if name == "made" else freed
            # What never runs holds nothing.
            after = [value + times * more if value else 0 for value in values[second + 1 :]]
            values[second + 1 :] = [values[second] + number * more for number in range(1, times + 1)] + after
    enters, forward, begins, within, passing, ends, alone, made = [each[::-1] for each in every]
    made_before = accumulate(made, initial=0)
    return Stages(
        enters,
        forward,
        begins,
        within,
        passing,
        ends,
        most=max(*forward, *alone),
        peak=max(*forward, *map(add, within, made_before)),
        passing_peak=max(*forward, *passing),
    )
