"""How much a value of a field changes: |ln(after / before)| of numbers, 1 of all else."""

from __future__ import annotations

from collections import Counter
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

UNIT = 1e-12
"""Changes are whole numbers of these, so that they add up to the same in any order."""

UNCHANGED = 0

_ONE = 10**12
_CONTEXT = Context(prec=40)
# Beyond any prime factor of a width, below what would take time.
_GREATEST_FACTOR = 50_000


def change_between(before: Any, after: Any) -> int:
    """How much a field changes between two values by meaning, in units of `UNIT`; `UNCHANGED` where they are the same.

    A number that becomes another one changes by |ln(after / before)|, a list by what the numbers in it change together
    where it has the same shape. All else is 1: words, flags, from or to null, 0 or the other sign, and another length.
    """
    if before == after:
        return UNCHANGED
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        numbers = _numbers(before), _numbers(after)
        if _shape(before) == _shape(after) and None not in numbers[0] + numbers[1]:
            return sum([change_between(*each) for each in zip(*numbers, strict=True)])
        return _ONE
    if _is_number(before) and _is_number(after) and before * after > 0:
        return max(1, abs(_logarithm(Fraction(str(after)) / Fraction(str(before)))))
    return _ONE


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shape(value: Any) -> Any:
    return [_shape(item) for item in value] if isinstance(value, (list, tuple)) else None


def _numbers(value: Any) -> list[Any]:
    """The numbers in a list of any depth; None for what is none."""
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in _numbers(item)]
    return [value if _is_number(value) else None]


@cache
def _logarithm(ratio: Fraction) -> int:
    """The natural logarithm of a ratio, in units of `UNIT`.

    It is added up from those of the prime factors, so that changes whose product is the same come to the same: to a
    half and a sixth as to a third and a quarter.
    """
    return _of_factors(ratio.numerator) - _of_factors(ratio.denominator)


def _of_factors(number: int) -> int:
    return sum([times * _of_prime(factor) for factor, times in _factors(number).items()])


@cache
def _of_prime(number: int) -> int:
    # Decimal rounds a logarithm correctly, wherever it runs.
    return int((_CONTEXT.ln(Decimal(number)) * _ONE).to_integral_value())


def _factors(number: int) -> Counter[int]:
    """The prime factors of a number; what is left of those that are very large counts as one."""
    found: Counter[int] = Counter()
    factor = 2
    while factor * factor <= number and factor <= _GREATEST_FACTOR:
        while number % factor == 0:
            found[factor] += 1
            number //= factor
        factor += 1
    if number > 1:
        found[number] += 1
    return found
