"""Comparisons of figures that must hold, of many configs at once."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.comparing.asked import require_figures
from w2v_explore.analysis.comparing.conditions import Condition, parse_condition
from w2v_explore.analysis.figures import Number
from w2v_explore.config.family import Family
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, ConditionError
from w2v_explore.search.formulas.many import is_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GREATEST = 2**63 - 1


class Range(NamedTuple):
    """The values of a figure for which a constraint holds, both ends included; none where the first is the greater.

    Attributes:
        least: The least of them, an `int` of a figure of whole numbers.
        most: The greatest of them.
    """

    least: Number
    most: Number


def parse_constraint(text: str, family: Family, option: str = "--require") -> Condition:
    """The constraint that a text writes, of a figure that every config of a family has in closed form.

    Args:
        text: The text.
        family: Of the configs.
        option: What it was given for.

    Raises:
        ConditionError: It writes none, or of a figure that there is not, or that comes from a device.
    """
    constraint = parse_condition(text, option)
    given = f"{option} {shorten(text)!r}"
    if constraint.is_measured:
        raise ConditionError(
            f"{given}: {constraint.metric} comes from a device, and a search goes by what is known in closed form; "
            "require parameters, macs or another figure, and measure what is found"
        )
    try:
        require_figures([constraint.metric], family)
    except ArgumentError as error:
        raise ConditionError(f"{given}: {error}") from error
    return constraint


def ranges_of(constraints: Sequence[Condition], reference: Mapping[str, Number]) -> tuple[tuple[str, Range], ...]:
    """Of each constraint the figure, and the values of it for which it holds.

    Args:
        constraints: The constraints.
        reference: The figures of the config that changes are against, under all of their names.
    """
    return tuple(
        [(each.metric, range_of(each, reference.get(each.metric, 0), is_whole(each.metric))) for each in constraints]
    )


def satisfied(
    constraints: Sequence[Condition], columns: Mapping[str, NDArray[Any]], reference: Mapping[str, Number], size: int
) -> NDArray[np.bool_]:
    """Of some configs, and of each constraint in a row, whether it holds: what `Condition.holds` says, to the last bit.

    Args:
        constraints: They must hold.
        columns: The figures of the configs, of which none is negative; of what is no config it does not matter what is
            found.
        reference: The figures of the config that changes are against, under all of their names.
        size: How many configs there are.
    """
    found = np.ones((len(constraints), size), bool)
    for row, (figure, (least, most)) in enumerate(ranges_of(constraints, reference)):
        values = columns[figure]
        np.logical_and(values >= least, values <= most, out=found[row])
    return found


# Of an `int` and a `float` that are equal not the same values follow.
@lru_cache(maxsize=1_000, typed=True)
def range_of(constraint: Condition, before: Number, is_whole: bool) -> Range:
    """The values for which a constraint holds, of a figure, which is never negative.

    What a value is held against its limit as (itself, its change, or that in percent, rounded) never falls where the
    value rises. So the values lie in a row, whose ends are found by halves, and `Condition` alone says what holds.

    Args:
        constraint: The constraint.
        before: The figure of the config that changes are against.
        is_whole: Whether the figure is a whole number of 64 bits, or one with a fraction.
    """
    last = _GREATEST if is_whole else _number_of(float("inf"))
    name, limit, against = constraint.metric, constraint.limit, {constraint.metric: before}

    def value(number: int) -> float:
        return constraint.value({name: number if is_whole else _float(number)}, against)

    first, end = 0, last + 1
    if not constraint.operator.startswith("<"):
        first = _first(lambda number: constraint.holds(value(number)) or value(number) > limit, last)
    if not constraint.operator.startswith(">"):
        end = _first(lambda number: not constraint.holds(value(number)) and value(number) >= limit, last)
    if first >= end:
        return Range(1, 0)
    return Range(first, end - 1) if is_whole else Range(_float(first), _float(end - 1))


def _first(is_reached: Callable[[int], bool], last: int) -> int:
    """The first whole number at which something is reached that stays so, from 0 on; past the last where none is."""
    low, high = 0, last + 1
    while low < high:
        middle = (low + high) // 2
        if is_reached(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _float(number: int) -> float:
    """The float of a number from 0: the bits of one that is not negative are a whole number that rises with it."""
    value: float = struct.unpack("<d", struct.pack("<q", number))[0]
    return value


def _number_of(value: float) -> int:
    """The number of a float."""
    number: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return number
