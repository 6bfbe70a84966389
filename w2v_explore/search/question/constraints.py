"""Comparisons of figures that must hold, of many configs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.figures import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray


def satisfied(
    constraints: Sequence[Condition], columns: Mapping[str, NDArray[Any]], reference: Mapping[str, Number], size: int
) -> NDArray[np.bool_]:
    """Of some configs, and of each constraint in a row, whether it holds.

    Args:
        constraints: They must hold.
        columns: The figures of the configs.
        reference: The figures of the config that changes are against, under all of their names.
        size: How many configs there are.
    """
    found = np.ones((len(constraints), size), bool)
    for row, constraint in enumerate(constraints):
        before = reference.get(constraint.metric, 0)
        for value in np.unique(columns[constraint.metric]).tolist():
            holds = constraint.holds(constraint.value({constraint.metric: value}, {constraint.metric: before}))
            found[row][columns[constraint.metric] == value] = holds
    return found
