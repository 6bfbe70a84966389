"""A part of a model by itself: its figures for what it is given, and the operation that stands for it in the rest."""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.liveness import Lives, Trace, bytes_of
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.analysis.workload import Workload
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import (
    NOTHING,
    WHOLE_UTTERANCE,
    Autocast,
    Beside,
    Flow,
    MacKind,
    Needs,
    Operation,
    Reach,
    Shape,
)
from w2v_explore.tree.parts import Build
from w2v_explore.tree.run import Call, apart, run

Part = tuple[Build, tuple[Any, ...]]
"""What builds a part, and its arguments beside the config."""


class PartFigures(NamedTuple):
    """What one copy of a part adds to the figures of a model.

    Attributes:
        parameters: Elements of its parameters.
        learned: Elements of those that get a gradient.
        macs: Of the forward pass.
        training_macs: Of the forward and the backward pass.
        kept_bytes: What the backward pass keeps, what the part takes and gives left out.
        peak_bytes: The most that is alive while it runs in inference; of what is outside it only what it takes.
        gives: The size of what it gives.
        keeps: Of each that it takes, whether the backward pass needs it.
        keeps_result: Whether the backward pass needs what it gives.
    """

    parameters: int
    learned: int
    macs: Macs
    training_macs: int
    kept_bytes: int
    peak_bytes: int
    gives: Flow
    keeps: tuple[bool, ...]
    keeps_result: bool

    @property
    def seen_outside(self) -> tuple[bool, Flow, tuple[bool, ...], bool]:
        """All on which the remainder of a model depends."""
        return self.parameters > 0, self.gives, self.keeps, self.keeps_result


class Sealed(Operation):
    """A part as one operation.

    Attributes:
        part: What it stands for.
        layer: The part, its name, its copies and what it takes left out.
        is_counted: Whether its MACs are among those that are counted.
    """

    __slots__ = ("_figures", "is_counted", "layer", "part")
    mac_kind: ClassVar[MacKind | None] = "linear"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "promotes"  # parts are compared where it does not run

    def __init__(self, part: Part, layer: "PartLayer") -> None:
        self.part = part
        self.layer = layer
        self.is_counted = False
        self._figures: PartFigures | None = None

    @property
    def figures(self) -> PartFigures:
        """Those of one copy; known once what it takes is.

        Raises:
            TwoWaysError: It is called in a way in which it adds something else, at another place of the tree or once
                more at its own. It is no part then, since one operation has the figures of one way.
        """
        assert self._figures is not None
        return self._figures

    @figures.setter
    def figures(self, figures: PartFigures) -> None:
        if self._figures not in (None, figures):
            self.layer.is_part = False
            raise TwoWaysError
        self._figures = figures

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.part == other.part

    def __hash__(self) -> int:
        return hash(self.part)

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    @property
    def reads_lengths(self) -> bool:  # type: ignore[override]  # of other operations it is known by their class
        return self.layer.reads_lengths

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"parameters": (self.layer.parameters,)} if self.layer.parameters else {}

    def flow(self, *taken: Flow) -> Flow:
        return self.layer.calls(taken)[0].gives

    def macs(self, batch: int, *taken: Flow) -> int:
        return self.figures.macs.total if self.is_counted else 0

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        return self.figures.training_macs - self.figures.macs.total if self.is_counted else 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        kept = [value for value, keeps in zip(taken, self.figures.keeps, strict=not self.reads_lengths) if keeps]
        return [*kept, made] if self.figures.keeps_result else kept

    def passes_on(self, training: bool) -> bool:
        return False


class ViewError(Exception):
    """A part gives a view of what it takes."""


class TwoWaysError(Exception):
    """A part is called in two ways, and adds something else in each."""


class PartLayer:
    """A part for some values of the fields that it reads: its layer by itself, and its figures by what it takes.

    Attributes:
        parameters: Elements of its parameters.
        reads_lengths: Whether it looks at no more than the length of what it takes; known once it has run.
        is_part: Whether it may stand as one operation. What gives several values, or does not hold what it takes for as
            long as it runs, may not; nor may what gives a view of what it takes, which is found out by `figures`, or
            what is called in two ways.
        known: Its figures, and the lives of its tensors, by what it takes and what needs a gradient.
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self.parameters = layer.parameters
        self.reads_lengths = False
        self.is_part = len(layer.gives) <= 1 and not layer.is_list and not _has_stack(layer)
        self._calls: dict[tuple[Flow, ...], Sequence[Call]] = {}
        self.known: dict[tuple[Any, ...], tuple[PartFigures, Lives | None]] = {}

    def calls(self, takes: tuple[Flow, ...]) -> Sequence[Call]:
        """All that runs for what it takes."""
        if takes not in self._calls:
            calls = self._calls[takes] = apart(run(self._layer, *takes))
            self.reads_lengths = not self.parameters and all(
                call.operation is None or call.operation.reads_lengths or min(call.sources, default=0) >= 0
                for call in calls
            )
        return self._calls[takes]

    def figures(
        self,
        takes: tuple[Flow, ...],
        needs: tuple[bool, ...] | None,
        workload: Workload,
        plain: "PartLayer | None" = None,
    ) -> PartFigures:
        """What it adds.

        Args:
            takes: What it takes.
            needs: Of each, whether it needs a gradient; None where the backward pass does not come by.
            workload: The batch and the dtype.
            plain: The same without a probability.

        Raises:
            ViewError: It gives a view, and is no part.
        """
        key = takes, needs
        known = self.known.get(key)
        if known is None:
            try:
                known = self._masked(plain, takes, needs, workload) if plain else self._work_out(takes, needs, workload)
            except ViewError:
                self.is_part = False
                raise
            self.known[key] = known
        return known[0]

    def _masked(
        self, plain: "PartLayer", takes: tuple[Flow, ...], needs: tuple[bool, ...] | None, workload: Workload
    ) -> tuple[PartFigures, Lives | None]:
        figures = plain.figures(takes, needs, workload)
        lives = plain.known[takes, needs][1]
        assert lives is not None
        more = more_kept(lives, self.calls(takes), workload, is_part=True)
        if more is not None:
            return figures._replace(kept_bytes=figures.kept_bytes + more), None
        anew, lives = self._work_out(takes, needs, workload)
        return anew._replace(peak_bytes=figures.peak_bytes), lives

    def _work_out(
        self, takes: tuple[Flow, ...], needs: tuple[bool, ...] | None, workload: Workload
    ) -> tuple[PartFigures, Lives]:
        calls = self.calls(takes)
        lives = Lives(calls, training=True, taken_need=needs or (), is_wanted=needs is not None)
        result = _result(lives)
        trace = lives.trace(workload, *takes)
        inference = in_inference(trace, workload, *takes)
        if result < 0 or _result(inference.lives) < 0:
            raise ViewError
        outside = [tensor for tensor in lives.kept_by if tensor < 0 or tensor == result]
        macs = training_macs(calls, workload.batch, lives.needs)
        figures = PartFigures(
            parameters=self.parameters,
            learned=lives.learned_of(self._layer),
            macs=macs.forward,
            training_macs=macs.plain.greatest,
            kept_bytes=kept_activations(trace).plain.greatest
            - sum([trace.tensor_bytes[tensor] * calls[lives.kept_by[tensor][0]].copies for tensor in outside]),
            peak_bytes=inference.peak_bytes,
            gives=calls[0].gives,
            keeps=tuple([lives.tensor(~number) in lives.kept_by for number in range(len(takes))]),
            keeps_result=result in lives.kept_by,
        )
        return figures, lives


def _has_stack(layer: Layer) -> bool:
    """Whether any layer below one is stacked."""
    return any(child.stacked or _has_stack(child) for child in layer.children)


def in_inference(trace: Trace, workload: Workload, *takes: Flow) -> Trace:
    """What is alive in inference, from a trace of training; the same where nothing that runs tells them apart."""
    calls = trace.lives.calls
    for call in calls:
        operation = call.operation
        if operation is not None and (
            operation.beside_in_training_alone
            or operation.passes_on(training=True) != operation.passes_on(training=False)
            or operation.moments(workload.batch, *call.takes)
        ):
            return Lives(calls, training=False).trace(workload, *takes)
    return trace


def _result(lives: Lives) -> int:
    """The tensor that a part, or a model, gives."""
    first = lives.calls[0]
    return lives.tensor(first.results[0] if first.operation is None else 0)


def more_kept(lives: Lives, others: Sequence[Call], workload: Workload, *, is_part: bool) -> int | None:
    """What the backward pass keeps more of other calls, in which nothing but dropouts is switched on.

    A dropout that is on gives a tensor of its own, and keeps its mask. It is kept in the place of what the dropout
    takes where all that keep that take it from the dropout.

    Args:
        lives: With none switched on.
        others: The calls.
        workload: Their batch and dtype.
        is_part: Whether others take what the last of the calls gives.

    Returns:
        The bytes; None where more differs, or a tensor is kept that was not, so that all has to be worked out anew.
    """
    if len(others) != len(lives.calls):
        return None
    element_bytes = DTYPE_BYTES[workload.dtype]
    more = 0
    for position, (call, other) in enumerate(zip(lives.calls, others, strict=True)):
        before, after = call.operation, other.operation
        if before == after or before is None or after is None or isinstance(after, Sealed):
            continue
        beside = after.kept_beside(workload.batch, *call.takes)
        if before.passes_on(training=True) == after.passes_on(training=True):
            if before.kept_beside(workload.batch, *call.takes) != beside:
                return None
            continue
        tensor = lives.tensor(position)
        through = [_comes_from(lives, keeper, position) for keeper in lives.kept_by.get(tensor, ())]
        if len(set(through)) > 1 or _keeps_any(lives, other, position) or tensor < 0:
            return None
        if is_part and tensor == _result(lives):
            return None
        if lives.needs[position] is not None:
            more += call.copies * bytes_of(beside, element_bytes)
    return more


def _keeps_any(lives: Lives, call: Call, position: int) -> bool:
    """Whether a call keeps what it takes or gives."""
    needs = lives.needs[position]
    return (
        needs is not None and call.operation is not None and bool(call.operation.kept_of(call.sources, position, needs))
    )


def _comes_from(lives: Lives, keeper: int, position: int) -> bool:
    """Whether one call takes what another gives, or a view of it."""
    for made in lives.calls[keeper].sources:
        while made >= 0 and made != position and lives.tensor(made) != made:
            made = lives.calls[made].sources[0]
        if made == position:
            return True
    return False
