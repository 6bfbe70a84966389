"""Nearest: the configs that differ least from the one that the space is around, of those that satisfy the targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.config.kinds import meaning
from w2v_explore.search.question.candidates import Candidates, Selection
from w2v_explore.search.question.changes import UNCHANGED, change_between
from w2v_explore.search.question.ordered import first_of
from w2v_explore.search.space.members import Made

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.formulas.members import Column
    from w2v_explore.search.question.candidates import Columns, MakeColumns
    from w2v_explore.search.space.members import Varied
    from w2v_explore.search.space.space import Space

CHANGED = "changed"
"""The column of how many fields have another meaning than in the config that the space is around."""

DISTANCE = "distance"
"""The column of how much they change together, in units of `changes.UNIT`."""


@dataclass(frozen=True)
class Nearest:
    """The configs that change the fewest fields, then the least; of equal ones the first enumerated.

    Attributes:
        targets: What has to be reached. The question has them among its constraints.
        top: How many.
        name: As in `Mode`.
    """

    targets: tuple[Condition, ...]
    top: int = 5
    name: str = "nearest"

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that the targets are about."""
        return tuple(dict.fromkeys(target.metric for target in self.targets))

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: the figures, `CHANGED` and `DISTANCE`."""
        return _Changes(space).columns

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: how many fields change, then how much."""
        return [columns[CHANGED], columns[DISTANCE]]

    def select(self, candidates: Candidates) -> Selection:
        """As in `Mode`."""
        return first_of(candidates, self.keys(candidates.columns), self.top)


class _Changes:
    """How much each value of a field changes; of those that the space has, kept for further chunks."""

    def __init__(self, space: Space) -> None:
        fields = space.config.model.FIELDS
        self._kinds = {name: fields[name].kind for name in space.rules}
        self._base = {name: meaning(space.base[name], self._kinds[name]) for name in space.rules}
        self._known: dict[str, NDArray[np.int64]] = {}

    def columns(self, figures: Columns, varied: Sequence[Varied]) -> Columns:
        size = len(varied[0].codes)
        changed, distance = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for each in varied:
            change = self._of(each)[each.codes]
            changed += change != UNCHANGED
            distance += change
        return {**figures, CHANGED: changed, DISTANCE: distance}

    def _of(self, varied: Varied) -> NDArray[np.int64]:
        if isinstance(varied.values, Made):
            return changes_of_lists(self._base[varied.field], varied.values.column())
        if not varied.is_listed:
            return self._each(varied)
        if varied.field not in self._known:
            self._known[varied.field] = self._each(varied)
        return self._known[varied.field]

    def _each(self, varied: Varied) -> NDArray[np.int64]:
        before, kind = self._base[varied.field], self._kinds[varied.field]
        changes: list[Any] = [change_between(before, meaning(value, kind)) for value in varied.values]
        return np.array(changes, np.int64)


def changes_of_lists(before: Sequence[Any], column: Column) -> NDArray[np.int64]:
    """`change_between` of a list and each in a column of lists of numbers, number by number."""
    numbers = np.array(before).reshape(-1).tolist()
    # Lists of another length are all as far.
    found = np.full(len(column.structure_codes), change_between(before, None), np.int64)
    for code, table in enumerate(column.numbers):
        there = np.flatnonzero(column.structure_codes == code)
        if table.shape[1] != len(numbers):
            continue
        found[there] = 0
        for number, values in zip(numbers, table[column.rows[there]].T, strict=True):
            each, places = np.unique(values, return_inverse=True)
            found[there] += np.array([change_between(number, value) for value in each.tolist()], np.int64)[places]
    return found
