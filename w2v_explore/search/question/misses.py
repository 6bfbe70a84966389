"""How configs miss constraints: asked where none satisfies all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.question.candidates import Candidates, Selection, differ_from_before, selection_of
from w2v_explore.search.question.constraints import Range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import Columns, MakeColumns
    from w2v_explore.search.space.members import Varied
    from w2v_explore.search.space.space import Space


@dataclass(frozen=True)
class Misses:
    """Of each set of constraints that hold of some configs, and no others do, the config that misses by the least.

    How many configs a set holds of is one more than the ties of the config that is kept. A figure misses by its
    distance from the nearest value for which the constraint holds, relative to the greater of the two, or by 1 where
    there is no such value; a config misses by the sum over the constraints that do not hold.

    Attributes:
        constraints: Of each constraint the figure, and the values for which it holds.
        name: As in `Mode`.
    """

    constraints: tuple[tuple[str, Range], ...]
    name: str = "misses"

    @property
    def figures(self) -> tuple[str, ...]:
        """As in `Mode`."""
        return tuple(dict.fromkeys(figure for figure, _ in self.constraints))

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: of each constraint whether it holds, and by how much the config misses."""
        return self._columns

    def _columns(self, figures: Columns, varied: Sequence[Varied]) -> Columns:
        found: dict[str, NDArray[Any]] = {}
        missed = np.zeros(len(varied[0].codes))
        for number, (figure, allowed) in enumerate(self.constraints):
            values = figures[figure]
            found[_holds(number)] = (values >= allowed.least) & (values <= allowed.most)
            # One after the other, so that a sum is rounded alike whatever it stands beside.
            missed = missed + _excess(values, allowed)
        return {**found, _MISSED: missed}

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: by how much they miss, and what."""
        return [columns[_MISSED], *[columns[_holds(number)] for number in range(len(self.constraints))]]

    def select(self, candidates: Candidates) -> Selection:
        """As in `Mode`."""
        size = len(candidates.members)
        group = np.zeros(size, np.int64)
        for number in range(len(self.constraints)):
            # Numbered anew each time, so that no number of constraints is too many.
            group = np.unique(2 * group + candidates.columns[_holds(number)], return_inverse=True)[1]
        order = np.lexsort((candidates.members, candidates.columns[_MISSED], group))
        is_first = differ_from_before([group[order]])
        return selection_of(candidates, order[is_first], order[~is_first], (np.cumsum(is_first) - 1)[~is_first])

    def holding(self, candidates: Candidates) -> Mapping[frozenset[int], int]:
        """Of the sets of constraints that hold of some candidates: the numbers of the constraints → the candidate's."""
        columns = [candidates.columns[_holds(number)] for number in range(len(self.constraints))]
        return {
            frozenset(number for number, column in enumerate(columns) if column[place]): place
            for place in range(len(candidates.members))
        }

    def missed(self, candidates: Candidates, place: int) -> float:
        """By how much a candidate misses."""
        return float(candidates.columns[_MISSED][place])


_MISSED = "missed"


def _holds(number: int) -> str:
    return f"holds {number}"


def _excess(values: NDArray[Any], allowed: Range) -> NDArray[np.float64]:
    """By how much values, of which none is negative, miss those that are allowed: 0 where they are, at most 1."""
    least, most = allowed
    if least > most:
        return np.ones(len(values))
    excess = np.zeros(len(values))
    below, above = values < least, values > most
    excess[below] = (least - values[below]) / least
    excess[above] = (values[above] - most) / values[above]
    return excess
