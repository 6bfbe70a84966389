"""Formulas worked out for boxes of configs: between what their values lie where each field lies between two numbers.

Whole numbers are bounded in whole numbers. A rounded sum, difference, product or quotient of numbers with fractions
never falls where the exact one rises, so that the rounded ones of the ends bound all that are rounded between them. A
power that is rounded may, in the last digits: its ends are moved apart.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.formulas.steps import Constant
from w2v_explore.search.formulas.program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POWER_ERROR = 1e-12
"""More than a power of two floats is rounded by, of its value."""


class Interval(NamedTuple):
    """Between what a number lies, of each box: arrays, or numbers that are those of all boxes. Both ends belong to it.

    Attributes:
        low: The least that it may be.
        high: The greatest.
        is_from_zero: Whether `low` is known to be nowhere below 0.
    """

    low: Any
    high: Any
    is_from_zero: bool


def interval(low: NDArray[Any], high: NDArray[Any]) -> Interval:
    """The interval of a field, of each box."""
    return Interval(low, high, bool((low >= 0).all()))


def take(fields: Mapping[int, Interval], boxes: NDArray[np.int64]) -> dict[int, Interval]:
    """The intervals of some boxes alone."""
    return {number: Interval(each.low[boxes], each.high[boxes], each.is_from_zero) for number, each in fields.items()}


def as_real(number: Interval) -> Interval:
    """The interval of what a number is as one with a fraction."""
    return Interval(np.asarray(number.low, np.float64), np.asarray(number.high, np.float64), number.is_from_zero)


def between(program: Program, fields: Mapping[int, Interval]) -> list[Interval] | None:
    """Between what the formulas of a program lie, of each box; None where 64 bits may not be enough for that.

    Nothing is claimed of configs that do not take the program's path.

    Args:
        program: The program.
        fields: Of each box, between what the fields lie, by their numbers.
    """
    if not program.fits({number: np.array([fields[number].low, fields[number].high]) for number in program.fields}):
        return None
    values: list[Any] = [None] * len(program.steps)
    with np.errstate(all="ignore"):
        for number, (operation, operands, _) in enumerate(program.steps):
            if operation == "field":
                values[number] = fields[operands[0]]
                continue
            values[number] = _OPERATIONS[operation](*[_taken(each, values) for each in operands])
            for freed in program.frees[number]:
                values[freed] = None
    return [_taken(each, values) for each in program.gives]


def _taken(operand: Any, values: Sequence[Any]) -> Interval:
    if isinstance(operand, Constant):
        return Interval(operand.number, operand.number, operand.number >= 0)
    taken: Interval = values[operand]
    return taken


def _sum(one: Interval, other: Interval) -> Interval:
    return Interval(one.low + other.low, one.high + other.high, one.is_from_zero and other.is_from_zero)


def _product(one: Interval, other: Interval) -> Interval:
    if one.is_from_zero and other.is_from_zero:
        return Interval(one.low * other.low, one.high * other.high, True)
    for factor, number in ((one, other), (other, one)):
        # A number of all boxes, and no array.
        if isinstance(factor.low, int):
            ends = number if factor.low >= 0 else Interval(number.high, number.low, False)
            return Interval(ends.low * factor.low, ends.high * factor.low, False)
    return _corners(operator.mul, one, other)


def _quotient(number: Interval, divisor: Interval) -> Interval:
    # A config that takes the path has a positive divisor.
    least, most = np.maximum(divisor.low, 1), np.maximum(divisor.high, 1)
    if number.is_from_zero:
        return Interval(number.low // most, number.high // least, True)
    low = np.where(np.less(number.low, 0), number.low // least, number.low // most)
    high = np.where(np.less(number.high, 0), number.high // most, number.high // least)
    return Interval(low, high, False)


def _remainder(number: Interval, divisor: Interval) -> Interval:
    least, most = np.maximum(divisor.low, 1), np.maximum(divisor.high, 1)
    # Of one divisor, and numbers between two neighbouring multiples of it, remainders rise with the numbers.
    rises = (least == most) & (number.low // least == number.high // least)
    # Numbers below every divisor are their own remainders, and none is more than the number, from 0.
    is_less = np.greater_equal(number.low, 0) & (number.high < least)
    top = np.where(np.greater_equal(number.low, 0), np.minimum(number.high, most - 1), most - 1)
    low = np.where(rises, number.low % least, np.where(is_less, number.low, 0))
    return Interval(low, np.where(rises, number.high % least, top), True)


def _greatest(one: Interval, other: Interval) -> Interval:
    low = np.maximum(one.low, other.low)
    return Interval(low, np.maximum(one.high, other.high), one.is_from_zero or other.is_from_zero)


def _corners(operation: Callable[[Any, Any], Any], one: Interval, other: Interval) -> Interval:
    """An operation that rises or falls with either number where the other one stays: its ends are at the corners."""
    corners = [operation(first, second) for first in (one.low, one.high) for second in (other.low, other.high)]
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = np.minimum(low, corner), np.maximum(high, corner)
    return Interval(low, high, False)


def _real_sum(one: Interval, other: Interval) -> Interval:
    return _known(_sum(as_real(one), as_real(other)))


def _real_difference(one: Interval, other: Interval) -> Interval:
    one, other = as_real(one), as_real(other)
    return _known(Interval(one.low - other.high, one.high - other.low, False))


def _real_product(one: Interval, other: Interval) -> Interval:
    return _known(_corners(operator.mul, as_real(one), as_real(other)))


def _real_quotient(number: Interval, divisor: Interval) -> Interval:
    divisor = as_real(divisor)
    return _known(_corners(operator.truediv, as_real(number), divisor), divisor.low > 0)


def _power(base: Interval, exponent: Interval) -> Interval:
    base = as_real(base)
    found = _corners(np.power, base, as_real(exponent))
    return _known(Interval(found.low * (1 - _POWER_ERROR), found.high * (1 + _POWER_ERROR), False), base.low >= 0)


def _known(found: Interval, where: Any = True) -> Interval:
    """An interval of numbers with fractions, from end to end of all where it does not hold or is none."""
    is_known = where & ~np.isnan(found.low) & ~np.isnan(found.high)
    return Interval(np.where(is_known, found.low, -np.inf), np.where(is_known, found.high, np.inf), False)


_OPERATIONS: Mapping[str, Callable[[Interval, Interval], Interval]] = {
    "+": _sum,
    "*": _product,
    "//": _quotient,
    "%": _remainder,
    "max": _greatest,
    "real +": _real_sum,
    "real -": _real_difference,
    "real *": _real_product,
    "real /": _real_quotient,
    "real **": _power,
}
