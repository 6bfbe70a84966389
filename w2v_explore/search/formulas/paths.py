"""The paths of configs of one structure: a tree of the questions that they ask.

All paths begin with the same question, and with the same answers so far ask the same next: code asks nothing else. So
each config is led by its answers to the path that it takes, and what takes none that is known is the example of a new
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.formulas.program import CHUNK, Program
from w2v_explore.search.formulas.sizes import Asked, Path

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


class _Fork:
    """A question, and where its answers lead."""

    def __init__(self, path: Path, asked: Asked) -> None:
        self._gives = Program(path, [asked.of])
        self._question = asked.question
        self.after: dict[bool, _Fork | End] = {}

    def answers(self, fields: Mapping[int, NDArray[Any]], places: Places) -> NDArray[np.bool_]:
        """The answers of some configs."""
        answers = np.empty(len(places), bool)
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            (values,) = self._gives({number: fields[number][chunk] for number in self._gives.fields}, len(chunk))
            answers[start : start + CHUNK] = values > 0 if self._question == "positive" else values == 0
        return answers


class Paths:
    """The paths that are known of one structure.

    Attributes:
        number: How many there are.
        by_value: The numbers of the fields that code wants by their value, so that configs are to be grouped by these;
            of such a structure there are no paths.
    """

    def __init__(self) -> None:
        self.by_value: frozenset[int] = frozenset()
        self._first: dict[bool, _Fork | End] = {}
        self.number = 0

    def lead(
        self, fields: Mapping[int, NDArray[Any]], places: Places, trace: Callable[[int], Traced]
    ) -> Iterator[tuple[End, Places]]:
        """The ends of the paths that some configs take, with those that take each.

        Args:
            fields: The numbers in the configs.
            places: Which of them.
            trace: Gives the path of the config of a place.
        """
        left: list[tuple[dict[bool, _Fork | End], bool, Places]] = [(self._first, True, places)]
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

    def _add(self, traced: Traced) -> None:
        branches, answer = self._first, True
        for asked in traced.path.asked:
            if answer not in branches:
                branches[answer] = _Fork(traced.path, asked)
            fork = branches[answer]
            assert isinstance(fork, _Fork)
            branches, answer = fork.after, asked.answer
        assert answer not in branches, "an example takes the path that was found for it"
        branches[answer] = End(traced)
        self.number += 1
