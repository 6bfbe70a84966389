"""One chunk of a space, worked out: the same wherever and whenever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.figures import Number, component_figures, total_figures, with_aliases
from w2v_explore.errors import ArgumentError, WorkersError
from w2v_explore.search.formulas.many import Formulas, TooLargeError
from w2v_explore.search.question.candidates import Candidates, select, together
from w2v_explore.search.question.clean import Clean
from w2v_explore.search.question.constraints import satisfied
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.bounds import Bounds
from w2v_explore.search.space.members import Members, Varied
from w2v_explore.search.space.space import in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 65_536
"""Combinations of a chunk: many enough for formulas to pay, few enough for little memory."""


class Chunk(NamedTuple):
    """Neighbouring combinations of a space, ``start`` included and ``stop`` not."""

    start: int
    stop: int


class Found(NamedTuple):
    """What some chunks come to.

    Attributes:
        candidates: What the mode selects of them.
        evaluated: The configs whose figures were worked out.
        pruned: The combinations that bounds rule out: boxes of which no config satisfies all constraints, with what is
            no config in them.
        invalid: The other combinations that are no config.
        satisfying: The configs that satisfy all constraints, whatever the linter says of them.
        complete: Whether they are all chunks of the space, where a run says so.
    """

    candidates: Candidates
    evaluated: int
    pruned: int
    invalid: int
    satisfying: int
    complete: bool = True


def chunks_of(size: int) -> Iterator[Chunk]:
    """The chunks of a space."""
    for start in range(0, size, CHUNK):
        yield Chunk(start, min(start + CHUNK, size))


class Judged(NamedTuple):
    """Some combinations, and what is known of each.

    Attributes:
        varied: The fields that vary.
        valid: Whether it is a config.
        satisfying: Whether it is one, and satisfies all constraints.
        figures: Those that the question goes by; as in `Columns`.
    """

    varied: Sequence[Varied]
    valid: NDArray[np.bool_]
    satisfying: NDArray[np.bool_]
    figures: Mapping[str, NDArray[Any]]


class Worker:
    """What works out chunks of a question; it keeps the formulas for the next chunk.

    Attributes:
        question: The question.
        reference: The figures of the config that changes are against, under all of their names.
        is_wanted: Of the numbers of some configs, which the linter has no warning of; None where it is not asked.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self._members = Members(question.space)
        self.reference = figures_of_base(question)
        self._columns = question.mode.columns(question.space)
        self.is_wanted = Clean(self._members) if question.lint_clean else None
        self._formulas = Formulas(
            question.space.config.model.family, self._members.base(), question.workload, question.figures
        )

    @cached_property
    def _bounds(self) -> Bounds:
        """What is ruled out, for what works through whole chunks."""
        return Bounds(self.question, self._members, self.reference)

    def work(self, chunk: Chunk) -> Found:
        """A chunk.

        Raises:
            WorkersError: The memory does not suffice.
        """
        try:
            members = self._bounds.left(chunk.start, chunk.stop)
            found = self.examine(members)
        except MemoryError as error:
            raise WorkersError(
                f"memory ran out at combinations {chunk.start:,} to {chunk.stop:,}; try fewer --workers, or a machine "
                "with more memory"
            ) from error
        return found._replace(pruned=chunk.stop - chunk.start - len(members))

    def examine(self, members: NDArray[Any]) -> Found:
        """Some combinations, by their numbers."""
        judged = self.judge(self._members.codes(members))
        places = np.flatnonzero(judged.satisfying)
        candidates = Candidates(members[places], self.columns(judged, places), np.zeros(len(places), np.int64))
        evaluated = int(judged.valid.sum())
        return Found(
            select(self.question.mode, candidates, self.is_wanted), evaluated, 0, len(members) - evaluated, len(places)
        )

    def judge(self, codes: NDArray[np.int64]) -> Judged:
        """What is known of each of some combinations, by the numbers of their values.

        Raises:
            ArgumentError: A figure does not fit 64 bits.
        """
        varied = self._members.varied(codes)
        try:
            valid, figures = self._formulas.figures(self._members.columns(varied))
        except TooLargeError as error:
            space = self.question.space
            config = in_words(space.differing(space.member(codes[error.member].tolist())))
            raise ArgumentError(
                f"{error.name} of {config} {error.found}; leave values as large out of the space"
            ) from error
        holds = satisfied(self.question.constraints, figures, self.reference, len(codes))
        return Judged(varied, valid, valid & holds.all(axis=0), figures)

    def columns(self, judged: Judged, places: NDArray[np.int64]) -> Mapping[str, NDArray[Any]]:
        """What the mode selects by, of the combinations at some places, all of them configs."""
        figures = {name: judged.figures[name][places] for name in self.question.mode.figures}
        return self._columns(figures, [each.take(places) for each in judged.varied])


def figures_of_base(question: Question) -> Mapping[str, Number]:
    """The figures, under all of their names, of the config that the space is around, which changes are against."""
    analysis = analyze(question.space.config, question.workload)
    figures = total_figures(analysis) | component_figures(analysis, analysis.config.model.family.components)
    return with_aliases(figures, question.workload.sample_rate)


def joined(question: Question, parts: Sequence[Found]) -> Found:
    """What chunks come to that were worked out apart, in any order."""
    return Found(
        select(question.mode, together([part.candidates for part in parts])),
        evaluated=sum(part.evaluated for part in parts),
        pruned=sum(part.pruned for part in parts),
        invalid=sum(part.invalid for part in parts),
        satisfying=sum(part.satisfying for part in parts),
    )
