"""The paths of configs of one structure: a tree of the questions that they ask.

All paths begin with the same question, and with the same answers so far ask the same next: code asks nothing else. So
each config is led by its answers to the path that it takes, and what takes none that is known is the example of a new
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.analysis.formulas.sizes import Asked, Path
from w2v_explore.search.formulas.intervals import Interval, between
from w2v_explore.search.formulas.program import CHUNK, Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.formulas.tracing import Traced

    Places = NDArray[np.int64]


class End:
    """The end of a path.

    Attributes:
        figures: Gives the figures, then of each work its MACs, bytes and copies; None where configs that take the path
            are none.
        kinds: Of the works.
    """

    def __init__(self, traced: Traced) -> None:
        self.kinds = [work.kind for work in traced.works]
        sizes = [size for work in traced.works for size in (work.macs, work.bytes, work.copies)]
        self.figures = None if traced.figures is None else Program(traced.path, [*traced.figures.values(), *sizes])


class Fork:
    """A question, and where its answers lead.

    Attributes:
        fields: The numbers of the fields that it goes by.
        after: By answer what comes next, of those answers that are known.
    """

    def __init__(self, path: Path, asked: Asked) -> None:
        self._gives = Program(path, [asked.of])
        self._question = asked.question
        self.fields = self._gives.fields
        self.after: dict[bool, Fork | End] = {}

    def answers(self, fields: Mapping[int, NDArray[Any]], places: Places) -> NDArray[np.bool_]:
        """The answers of some configs."""
        answers = np.empty(len(places), bool)
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            (values,) = self._gives({number: fields[number][chunk] for number in self.fields}, len(chunk))
            answers[start : start + CHUNK] = values > 0 if self._question == "positive" else values == 0
        return answers

    def may_be(self, fields: Mapping[int, Interval], size: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Of some boxes, whether the answer may be no for a config of it, and whether it may be yes."""
        no, yes = np.ones(size, bool), np.ones(size, bool)
        found = between(self._gives, fields)
        if found is not None:
            low, high, _ = found[0]
            if self._question == "positive":
                no[:], yes[:] = low <= 0, high > 0
            else:
                no[:], yes[:] = (low != 0) | (high != 0), (low <= 0) & (high >= 0)
        return no, yes


class Paths:
    """The paths that are known of one structure.

    Attributes:
        number: How many there are.
        fields: The numbers of the fields that their questions and figures go by.
        by_value: The numbers of the fields that code wants by their value, so that configs are to be grouped by these;
            of such a structure there are no paths.
    """

    def __init__(self) -> None:
        self.by_value: frozenset[int] = frozenset()
        self._first: dict[bool, Fork | End] = {}
        self.number = 0
        self.fields: set[int] = set()

    def lead(
        self, fields: Mapping[int, NDArray[Any]], places: Places, trace: Callable[[int], Traced]
    ) -> Iterator[tuple[End, Places]]:
        """The ends of the paths that some configs take, with those that take each.

        Args:
            fields: The numbers in the configs.
            places: Which of them.
            trace: Gives the path of the config of a place.
        """
        left: list[tuple[dict[bool, Fork | End], bool, Places]] = [(self._first, True, places)]
        while left:
            branches, answer, there = left.pop()
            if not len(there):
                continue
            if answer not in branches:
                self._add(trace(int(there[0])))
            then = branches[answer]
            if isinstance(then, End):
                yield then, there
                continue
            answers = then.answers(fields, there)
            left += [(then.after, False, there[~answers]), (then.after, True, there[answers])]

    def may_lead(
        self, size: int, may_be: Callable[[Fork, Places], tuple[NDArray[np.bool_], NDArray[np.bool_]]]
    ) -> Iterator[tuple[End | None, Places]]:
        """The ends that configs of some boxes may come to, with the boxes of which that may be; None for unknown ends.

        Args:
            size: How many boxes there are.
            may_be: Of some of them, whether the answer to a question may be no for a config of it, and whether it may
                be yes.
        """
        left: list[tuple[dict[bool, Fork | End], bool, Places]] = [(self._first, True, np.arange(size))]
        while left:
            branches, answer, there = left.pop()
            if not len(there):
                continue
            then = branches.get(answer)
            if then is None or isinstance(then, End):
                yield then, there
                continue
            no, yes = may_be(then, there)
            left += [(then.after, False, there[no]), (then.after, True, there[yes])]

    def forks(self) -> Iterator[Fork]:
        """All questions."""
        left = list(self._first.values())
        while left:
            each = left.pop()
            if isinstance(each, Fork):
                yield each
                left += each.after.values()

    def _add(self, traced: Traced) -> None:
        branches, answer = self._first, True
        for asked in traced.path.asked:
            if answer not in branches:
                branches[answer] = Fork(traced.path, asked)
            fork = branches[answer]
            assert isinstance(fork, Fork)
            self.fields.update(fork.fields)
            branches, answer = fork.after, asked.answer
        assert answer not in branches, "an example takes the path that was found for it"
        branches[answer] = end = End(traced)
        self.fields.update(end.figures.fields if end.figures else ())
        self.number += 1
