"""Ranked: the first configs in the order of a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from w2v_explore.search.question.candidates import Candidates, Selection, figures_alone
from w2v_explore.search.question.ordered import first_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.question.candidates import Columns, MakeColumns
    from w2v_explore.search.space.space import Space


@dataclass(frozen=True)
class Rank:
    """The first configs in the order of a figure; of equal ones those that are enumerated first.

    Attributes:
        figure: The figure.
        is_maximized: Whether the greatest comes first; else the least does.
        top: How many.
        name: As in `Mode`.
    """

    figure: str
    is_maximized: bool
    top: int
    name: str = "rank"

    @property
    def figures(self) -> tuple[str, ...]:
        """As in `Mode`."""
        return (self.figure,)

    def columns(self, space: Space) -> MakeColumns:
        """As in `Mode`: the figure."""
        return figures_alone

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """As in `Mode`: the figure."""
        figure = columns[self.figure]
        # A figure is never the least number of 64 bits, which alone has no opposite.
        return [-figure if self.is_maximized else figure]

    def select(self, candidates: Candidates) -> Selection:
        """As in `Mode`."""
        return first_of(candidates, self.keys(candidates.columns), self.top)
