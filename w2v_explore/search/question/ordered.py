"""The first of all configs in an order: ranked by a figure, nearest to a config, best matched of each depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.question.candidates import Candidates, Selection, differ_from_before, selection_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def first_of(
    candidates: Candidates, keys: Sequence[NDArray[Any]], top: int, group: NDArray[Any] | None = None
) -> Selection:
    """The first candidates of each group in an order; of equal ones those that are enumerated first.

    Args:
        candidates: The candidates.
        keys: Columns by which they are ordered, the first one first; the least comes first.
        top: How many of each group.
        group: The column whose values make groups; None where all are one.
    """
    size = len(candidates.members)
    group = np.zeros(size, np.int64) if group is None else group
    order = np.lexsort((candidates.members, *reversed(keys), group))
    starts = differ_from_before([group[order]])
    place_in_group = np.arange(size) - np.maximum.accumulate(np.where(starts, np.arange(size), 0))
    first = place_in_group < top
    # The number of each one's last kept one before it, which all left out after it that are equal to it count to.
    last_kept = np.cumsum(first) - 1
    is_equal = np.zeros(size, bool)
    left_out = np.flatnonzero(~first)
    if len(left_out):
        last_place = np.flatnonzero(first)[last_kept[left_out]]
        is_equal[left_out] = np.logical_and.reduce([key[order[left_out]] == key[order[last_place]] for key in keys])
    equal = np.flatnonzero(is_equal)
    return selection_of(candidates, order[first], order[equal], last_kept[equal])
