"""Configs that may be part of an answer, and how few of them suffice.

What a mode asks is one function, `Mode.select`: of some candidates those that are part of the answer as far as these
go. To select from parts and then from what is left is to select from all at once, whatever the parts and their order,
so that the same comes out of one process and of many, and of a run that was broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from w2v_explore.search.space.members import Varied
    from w2v_explore.search.space.space import Space

    Places = NDArray[np.int64]
    Columns = Mapping[str, NDArray[Any]]
    MakeColumns = Callable[[Columns, Sequence[Varied]], Columns]


class Candidates(NamedTuple):
    """Some configs of a space.

    Attributes:
        members: Their numbers in the space, each once: of 64 bits, or Python's own in a space that is larger.
        columns: What they are selected by, by name: arrays of whole numbers or of such with fractions.
        ties: How many further configs, which are left out, each is equal to.
    """

    members: NDArray[Any]
    columns: Mapping[str, NDArray[Any]]
    ties: Places

    def take(self, places: NDArray[Any]) -> Candidates:
        """Some of them."""
        return Candidates(
            self.members[places], {name: column[places] for name, column in self.columns.items()}, self.ties[places]
        )


class Selection(NamedTuple):
    """What is selected.

    Attributes:
        kept: The places of the candidates that are kept, in ascending order of `Candidates.members`.
        equal: The places of further candidates that are left out, since each is equal to a kept one.
        equal_to: Of each of these, the number among `kept` of the one that counts it.
    """

    kept: Places
    equal: Places
    equal_to: Places


def selection_of(candidates: Candidates, kept: Places, equal: Places, equal_to: Places) -> Selection:
    """The selection of some candidates in any order.

    Args:
        candidates: All of them.
        kept: The places of those that are kept.
        equal: As in `Selection`.
        equal_to: Of each of these, which of ``kept`` as they are given counts it.
    """
    by_member = np.argsort(candidates.members[kept], kind="stable")
    number_of = np.empty(len(kept), np.int64)
    number_of[by_member] = np.arange(len(kept))
    return Selection(kept[by_member], equal, number_of[equal_to])


class Mode(Protocol):
    """What is asked of candidates."""

    @property
    def name(self) -> str:
        """``pareto``, ``nearest``, ``rank`` or ``match``."""

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that it goes by."""

    def columns(self, space: Space) -> MakeColumns:
        """What makes the columns by which configs of a space are selected: of their figures and the fields that vary.

        It is made once for all chunks, and each row of what it makes depends on that config alone.
        """

    def keys(self, columns: Columns) -> Sequence[NDArray[Any]]:
        """What selected configs are listed by, the first key first and the least first; configs equal in all are ties.

        Args:
            columns: Those of candidates.
        """

    def select(self, candidates: Candidates) -> Selection:
        """Those that are part of the answer as far as these go; what is left out changes no later selection."""


def figures_alone(figures: Columns, varied: Sequence[Varied]) -> Columns:
    """The columns of a mode that goes by figures, and by no fields."""
    return figures


def together(parts: Sequence[Candidates]) -> Candidates:
    """The candidates of several parts."""
    first = parts[0]
    return Candidates(
        np.concatenate([part.members for part in parts]),
        {name: np.concatenate([part.columns[name] for part in parts]) for name in first.columns},
        np.concatenate([part.ties for part in parts]),
    )


def differ_from_before(columns: Sequence[NDArray[Any]]) -> NDArray[np.bool_]:
    """Which rows of some columns are other than the row before; the first row is."""
    differ = np.ones(len(columns[0]), bool)
    differ[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return differ


def in_order(mode: Mode, candidates: Candidates) -> Candidates:
    """Selected candidates as the mode lists them, equal ones as they are enumerated.

    The ties of each are then all other configs that it is equal to, be they among the candidates or left out.
    """
    keys = mode.keys(candidates.columns)
    order = np.lexsort((candidates.members, *reversed(keys)))
    found = candidates.take(order)
    # Nothing is equal to anything where there is no order yet.
    is_new = differ_from_before([key[order] for key in keys]) if keys else np.ones(len(order), bool)
    equal = np.cumsum(is_new) - 1
    every = np.zeros(int(is_new.sum()), np.int64)
    np.add.at(every, equal, 1 + found.ties)
    return found._replace(ties=every[equal] - 1)


def select(
    mode: Mode, candidates: Candidates, is_wanted: Callable[[NDArray[Any]], NDArray[np.bool_]] | None = None
) -> Candidates:
    """The candidates that a mode selects, in ascending order, with their ties counted.

    Args:
        mode: What is asked.
        candidates: The candidates.
        is_wanted: Of the numbers of some, which may be part of the answer at all; where those that would be are, and
            those equal to them, it is asked of no other.
    """
    selection = mode.select(candidates)
    if is_wanted is not None and len(candidates.members):
        chosen = np.concatenate([selection.kept, selection.equal])
        if not is_wanted(candidates.members[chosen]).all():
            # What steps in may not be wanted either, and what steps in for that: to ask of all at once takes less time.
            candidates = candidates.take(np.flatnonzero(is_wanted(candidates.members)))
            selection = mode.select(candidates)
    kept = candidates.take(selection.kept)
    further = 1 + candidates.ties[selection.equal]
    ties = kept.ties.copy()
    np.add.at(ties, selection.equal_to, further)
    return kept._replace(ties=ties)
