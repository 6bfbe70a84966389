"""The frontier: configs to which no other is better in one figure and as good in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.question.candidates import (
    Candidates,
    Selection,
    differ_from_before,
    figures_alone,
    selection_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import Columns, MakeColumns, Places
    from w2v_explore.search.space.space import Space

    Ranks = NDArray[np.unsignedinteger[Any]]

_BLOCK, _TILE = 128, 4_096
"""Points that are held against one another at once: of those to be judged, and of the frontier."""

_NEAR = 128
"""As many points before each are held against it, again and again among those that are left, before all are."""

_MOST_LEFT = 0.9
"""Where more of the points are left, what few still dominate is no longer worth the time."""


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

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: the figures."""
        return [columns[name] for name in self.figures]

    def select(self, candidates: Candidates) -> Selection:
        """Those that are part of the answer as far as these go."""
        costs = [
            -candidates.columns[name] if name in self.maximized else candidates.columns[name] for name in self.figures
        ]
        order = np.lexsort((candidates.members, *reversed(costs)))
        sorted_costs = [cost[order] for cost in costs]
        is_new = differ_from_before(sorted_costs)
        distinct = np.flatnonzero(is_new)
        front = distinct[_front([cost[distinct] for cost in sorted_costs])]
        number = np.full(len(order), -1)
        number[front] = np.arange(len(front))
        # Of each the distinct one that it is equal to.
        stands_for = number[distinct[np.cumsum(is_new) - 1]]
        equal = np.flatnonzero(~is_new & (stands_for >= 0))
        return selection_of(candidates, order[front], order[equal], stands_for[equal])


def _front(costs: list[NDArray[np.int64]]) -> Places:
    """The places of what nothing dominates, among distinct points that are sorted by the costs, the first one first."""
    if len(costs) == 1 or not len(costs[0]):
        return np.arange(min(len(costs[0]), 1))
    if len(costs) == 2:
        return np.flatnonzero(_is_less_than_before(costs[1]))
    ranks = np.array([_ranks(cost) for cost in costs[1:]])
    places = np.arange(ranks.shape[1])
    # Whatever dominates a point stands before it, and often near by.
    while True:
        is_left = ~_dominated_near_by(ranks)
        ranks, places = ranks.compress(is_left, axis=1), places[is_left]
        if len(places) > _MOST_LEFT * len(is_left):
            break
    front, found, size = np.empty_like(ranks), np.empty_like(places), 0
    dominated = np.empty((2, _BLOCK, _TILE), bool)
    # A block of points is held against the front so far, then against itself; what dominates a point and is no part of
    # the front is dominated by a point that is.
    for start in range(0, len(places), _BLOCK):
        block, at = ranks[:, start : start + _BLOCK], places[start : start + _BLOCK]
        for first in range(0, size, _TILE):
            tile = front[:, first : min(first + _TILE, size)]
            shape = block.shape[1], tile.shape[1]
            by_all, by_one = dominated[:, : shape[0], : shape[1]]
            by_all[...] = True
            for ours, theirs in zip(block, tile, strict=True):
                np.less_equal(theirs, ours[:, np.newaxis], out=by_one)
                by_all &= by_one
            stays = ~by_all.any(axis=1)
            block, at = block[:, stays], at[stays]
        by_earlier = np.tri(len(at), k=-1, dtype=bool)
        for ours in block:
            by_earlier &= ours <= ours[:, np.newaxis]
        stays = ~by_earlier.any(axis=1)
        block, at = block[:, stays], at[stays]
        front[:, size : size + len(at)], found[size : size + len(at)] = block, at
        size += len(at)
    return found[:size]


def _dominated_near_by(ranks: Ranks) -> NDArray[np.bool_]:
    """Which points one of the few before them dominates."""
    dominated = np.zeros(ranks.shape[1], bool)
    for away in range(1, min(_NEAR, len(dominated) - 1) + 1):
        by_one = np.ones(len(dominated) - away, bool)
        for rank in ranks:
            by_one &= rank[:-away] <= rank[away:]
        dominated[away:] |= by_one
    return dominated


def _ranks(values: NDArray[np.int64]) -> Ranks:
    """Which of the distinct values each is, in the order of these: the fewer bits, the more are compared at once."""
    distinct, ranks = np.unique(values, return_inverse=True)
    return ranks.astype(np.uint16 if len(distinct) <= 2**16 else np.uint32)


def _is_less_than_before(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which values are less than all before them."""
    less = np.ones(len(values), bool)
    less[1:] = values[1:] < np.minimum.accumulate(values)[:-1]
    return less
