"""What is left to be measured: all configs that satisfy the constraints, few enough to take turns on a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.search.question.candidates import Candidates, Selection, figures_alone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import Columns, MakeColumns
    from w2v_explore.search.space.space import Space

MOST_MEASURED = 24
"""Designs that are measured together: all of their models are in memory at once, and take turns."""


@dataclass(frozen=True)
class Survivors:
    """The first configs that are enumerated, one more than can be measured.

    Attributes:
        figures: Those of the figures asked for that are known in closed form.
        asked: All of them: what a device has measured decides which designs are on their frontier, or come first.
        maximized: Those of which more is better.
        top: How many come first; None for the frontier.
    """

    figures: tuple[str, ...]
    asked: tuple[str, ...]
    maximized: frozenset[str]
    top: int | None

    @property
    def name(self) -> str:
        """As in `Mode`."""
        return "pareto" if self.top is None else "rank"

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: the figures."""
        return figures_alone

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: nothing is known yet by which they have an order."""
        return []

    def select(self, candidates: Candidates) -> Selection:
        """As in `Mode`."""
        none = np.zeros(0, np.int64)
        return Selection(np.argsort(candidates.members, kind="stable")[: MOST_MEASURED + 1], none, none)
