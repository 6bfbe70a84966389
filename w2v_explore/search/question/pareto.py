"""The frontier: configs to which no other is better in one figure and as good in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from w2v_explore.search.question.candidates import Candidates, Selection, figures_alone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import MakeColumns, Places
    from w2v_explore.search.space.space import Space


@dataclass(frozen=True)
class Pareto:
    """The frontier of some figures; of configs that are equal in all of them, the one that is enumerated first.

    Attributes:
        figures: The figures.
        maximized: Those of them of which more is better; of the others less is.
        name: As in `Mode`.
    """

    figures: tuple[str, ...]
    maximized: frozenset[str] = frozenset()
    name: str = "pareto"

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: the figures."""
        return figures_alone

    def select(self, candidates: Candidates) -> Selection:
        """Those that are part of the answer as far as these go."""
        costs = [
            -candidates.columns[name] if name in self.maximized else candidates.columns[name] for name in self.figures
        ]
        order = np.lexsort((candidates.members, *reversed(costs)))
        sorted_costs = [cost[order] for cost in costs]
        is_new = np.ones(len(order), bool)
        is_new[1:] = np.logical_or.reduce([cost[1:] != cost[:-1] for cost in sorted_costs])
        distinct = np.flatnonzero(is_new)
        front = distinct[_front([cost[distinct] for cost in sorted_costs])]
        number = np.full(len(order), -1)
        number[front] = np.arange(len(front))
        # Of each the distinct one that it is equal to.
        stands_for = number[distinct[np.cumsum(is_new) - 1]]
        equal = np.flatnonzero(~is_new & (stands_for >= 0))
        kept = order[front]
        by_member = np.argsort(candidates.members[kept], kind="stable")
        number_of = np.empty(len(kept), np.int64)
        number_of[by_member] = np.arange(len(kept))
        return Selection(kept[by_member], order[equal], number_of[stands_for[equal]])


def _front(costs: list[NDArray[np.int64]]) -> Places:
    """The places of what nothing dominates, among distinct points that are sorted by the costs, the first one first."""
    if len(costs) == 1:
        return np.arange(min(len(costs[0]), 1))
    if len(costs) == 2:
        return np.flatnonzero(_is_less_than_before(costs[1]))
    # Whatever dominates a point stands before it. So the first is of the front, and what it dominates is dropped.
    front = []
    left = np.arange(len(costs[0]))
    values = costs
    while len(left):
        front.append(left[0])
        stays = np.zeros(len(left), bool)
        for cost in values[1:]:
            stays |= cost < cost[0]
        stays[0] = False
        left = left[stays]
        values = [cost[stays] for cost in values]
    return np.array(front, np.int64)


def _is_less_than_before(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which values are less than all before them."""
    less = np.ones(len(values), bool)
    less[1:] = values[1:] < np.minimum.accumulate(values)[:-1]
    return less
