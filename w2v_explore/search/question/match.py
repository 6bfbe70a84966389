"""Matched: of each depth the config whose figures are nearest to wanted ones, as those of a student of a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.question.candidates import Candidates, Selection
from w2v_explore.search.question.ordered import first_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import Columns, MakeColumns
    from w2v_explore.search.space.members import Varied
    from w2v_explore.search.space.space import Space

DEPTH = "encoder_num_layers"
"""The field by whose values configs are told apart, and the column that has it."""

DIFFERENCE = "difference"
"""The column of how far the figures are from the wanted ones: the greatest of the quotients of a figure and what is
wanted of it, the greater by the lesser. Its logarithm is |ln(figure / wanted)|, and orders alike; a quotient is the
same on every machine."""


@dataclass(frozen=True)
class Match:
    """Of each depth the configs whose figures are nearest to wanted ones; of equal ones the first enumerated.

    Attributes:
        wanted: What each figure should be, above 0.
        top: How many of each depth.
        name: As in `Mode`.
        teacher: What of the figures are wanted, by its name; it makes no other question.
    """

    wanted: tuple[tuple[str, float], ...]
    top: int = 1
    name: str = "match"
    teacher: str = field(default="", compare=False)

    @property
    def figures(self) -> tuple[str, ...]:
        """As in `Mode`."""
        return tuple(name for name, _ in self.wanted)

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: the figures, `DIFFERENCE` and `DEPTH`."""

        def make(figures: Columns, varied: Sequence[Varied]) -> Columns:
            size = len(figures[self.wanted[0][0]])
            difference = np.ones(size)
            for name, wanted in self.wanted:
                figure = figures[name].astype(np.float64)
                # A figure of 0 is as far as can be.
                with np.errstate(divide="ignore"):
                    difference = np.maximum(difference, np.maximum(figure, wanted) / np.minimum(figure, wanted))
            depth = np.full(size, space.base[DEPTH], np.int64)
            for each in varied:
                if each.field == DEPTH:
                    depth = np.array([each.values[code] for code in each.codes.tolist()], np.int64)
            return {**figures, DIFFERENCE: difference, DEPTH: depth}

        return make

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: the depth, then how far the figures are from the wanted ones."""
        return [columns[DEPTH], columns[DIFFERENCE]]

    def select(self, candidates: Candidates) -> Selection:
        """As in `Mode`."""
        depth, difference = self.keys(candidates.columns)
        return first_of(candidates, [difference], self.top, depth)
