"""Round numbers along an axis, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import floor, log10

_ZEROS = re.compile(r"\.0+(?=\D|$)|(?<=\.\d)0+(?=\D|$)")


def round_numbers(values: Sequence[float], most: int, *, logarithmic: bool) -> list[float]:
    """Round numbers within the range of some values, at most so many or a few more; on a linear axis around it too.

    On a logarithmic axis those of a narrow range are a linear axis's.
    """
    low, high = min(values), max(values)
    if logarithmic:
        decades = range(floor(log10(low)), floor(log10(high)) + 1)
        for steps in ((1, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
            numbers = [step * 10.0**decade for decade in decades for step in steps]
            found = [number for number in numbers if low <= number <= high]
            if len(found) <= most:
                break
        if len(found) > 1:
            return found
        # A narrow range has hardly any of these numbers.
    span = high - low or abs(high) or 1.0
    size = 10.0 ** floor(log10(span / most))
    step = next(times * size for times in (1, 2, 5, 10, 20) if span / (times * size) <= most - 1)
    first = floor(low / step)
    numbers = [step * number for number in range(first, first + most + 2)]
    found = [number for number in numbers if low - step / 2 <= number <= high + step / 2]
    return [number for number in found if number > 0] if logarithmic else found


def tick_text(text: str) -> str:
    """A round number without the decimals of a measured one: ``50.00 M`` → ``50 M``."""
    return _ZEROS.sub("", text)
