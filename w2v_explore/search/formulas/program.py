"""Formulas worked out for many configs at once, in whole numbers of 64 bits that never wrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.analysis.formulas.sizes import Path, Real, Whole
from w2v_explore.analysis.formulas.steps import REAL, Constant, Steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.object_]

CHUNK = 4096
"""Configs that are worked out together: few enough for what comes of them to stay in the processor's cache."""

GREATEST = 2**63 - 1
"""Of the whole numbers of 64 bits."""


class Program(Steps):
    """The steps of some formulas of a path, worked out for columns of configs.

    Attributes:
        gives: Of each formula the number of its step, or a `Constant`.
        frees: Of each step, the numbers of those whose values no later one takes.
        fields: The numbers of the fields that are in any of them.

    Args:
        path: The path.
        formulas: The formulas.
    """

    def __init__(self, path: Path, formulas: Sequence[Whole | Real | float]) -> None:
        super().__init__()
        self.gives = self.add(path, formulas)
        self.frees = self._last_uses()
        self.fields = [step.operands[0] for step in self.steps if step.operation == "field"]

    def _last_uses(self) -> list[list[int]]:
        """The steps whose values no step after one uses, by its number."""
        last: dict[int, int] = {}
        for number, step in enumerate(self.steps):
            last[number] = number
            if step.operation != "field":
                for operand in step.operands:
                    if not isinstance(operand, Constant):
                        last[operand] = number
        for given in self.gives:
            last.pop(given, None)
        frees: list[list[int]] = [[] for _ in self.steps]
        for number, user in last.items():
            frees[user].append(number)
        return frees

    def __call__(self, columns: Mapping[int, Array], size: int) -> list[Any]:
        """The formulas' values: arrays of some size, of whole numbers or such with fractions; or numbers of all.

        Args:
            columns: The values of the fields by their numbers.
            size: Of the columns.
        """
        if not self.fits(columns):
            return self._exactly(columns, size)
        whole: Mapping[str, Callable[..., Any]] = {
            "+": np.add,
            "*": np.multiply,
            "//": np.floor_divide,
            "%": np.remainder,
            "max": np.maximum,
        }
        values: list[Any] = [None] * len(self.steps)
        free: list[Any] = []
        for number, (operation, operands, is_whole) in enumerate(self.steps):
            if operation == "field":
                values[number] = columns[operands[0]]
                continue
            taken = [each.number if isinstance(each, Constant) else values[each] for each in operands]
            if is_whole:
                out = free.pop() if free else np.empty(size, np.int64)
                values[number] = whole[operation](*taken, out=out)
            else:
                values[number] = _REAL[operation](*map(_as_float, taken))
            for freed in self.frees[number]:
                step = self.steps[freed]
                if step.is_whole and step.operation != "field":
                    free.append(values[freed])
                values[freed] = None
        return [each.number if isinstance(each, Constant) else values[each] for each in self.gives]

    def fits(self, columns: Mapping[int, Array]) -> bool:
        """Whether nothing that is worked out of these columns can be past 64 bits, whatever stands beside what."""
        bounds: list[int] = []
        for operation, operands, is_whole in self.steps:
            if not is_whole:
                bounds.append(0)
                if operation == "real /" and any(_bound(each, bounds) > 2**53 for each in operands):
                    # The quotient of two whole numbers is not that of both as numbers with fractions.
                    return False
                continue
            if operation == "field":
                column = columns[operands[0]]
                bound = max(abs(int(column.min())), abs(int(column.max())), 1)
            else:
                first, second = [_bound(each, bounds) for each in operands]
                match operation:
                    case "+":
                        bound = first + second
                    case "*":
                        bound = first * second
                    case "//":
                        bound = first
                    case "%":
                        bound = second
                    case _:
                        bound = max(first, second)
                if max(bound, first, second) > GREATEST:
                    return False
            bounds.append(bound)
        return True

    def _exactly(self, columns: Mapping[int, Array], size: int) -> list[Any]:
        """The same one config after the other, in Python's own numbers."""
        plain = {number: column.tolist() for number, column in columns.items()}
        rows = []
        for row in range(size):
            fields, known = {number: column[row] for number, column in plain.items()}, dict[int, Any]()
            rows.append([self.value(given, fields, known) for given in self.gives])
        found = []
        for column in zip(*rows, strict=True):
            array = np.empty(size, object)
            array[:] = column
            found.append(array)
        return found


def _bound(operand: Any, bounds: Sequence[int]) -> int:
    """What an operand that is whole is at most, either side of 0; at least 1, so that no factor hides another's."""
    return max(abs(int(operand.number)), 1) if isinstance(operand, Constant) else bounds[operand]


def _as_float(number: Any) -> Any:
    return number.astype(np.float64) if isinstance(number, np.ndarray) else number


def _power(base: Any, exponent: Any) -> Any:
    """Element by element with Python's own: numpy's may differ in the last digit."""
    bases, exponents = np.broadcast_arrays(base, exponent)
    return np.array([one**other for one, other in zip(bases.tolist(), exponents.tolist(), strict=True)], np.float64)


_REAL: Mapping[str, Callable[[Any, Any], Any]] = {**REAL, "real **": _power}
