"""Formulas worked out for many configs at once, in whole numbers of 64 bits that never wrap."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.formulas.sizes import Path, Real, Terms, Whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.int64] | NDArray[np.float64] | NDArray[np.object_]

CHUNK = 4096
"""Configs that are worked out together: few enough for what comes of them to stay in the processor's cache."""

GREATEST = 2**63 - 1
"""Of the whole numbers of 64 bits."""


class Step(NamedTuple):
    """One operation on columns.

    Attributes:
        operation: ``+``, ``*``, ``//``, ``%`` or ``max`` of whole numbers; ``field``; one of `Real`'s, of others.
        operands: Numbers of steps; or numbers, wrapped.
        is_whole: Whether it gives whole numbers.
    """

    operation: str
    operands: tuple[Any, ...]
    is_whole: bool


class Constant(NamedTuple):
    """An operand that is the same number for all configs."""

    number: Any


class Program:
    """The steps that give some formulas of a path, each once.

    Attributes:
        steps: The steps, each after those whose values it takes.
        gives: Of each formula the number of its step, or a number, wrapped.
        frees: Of each step, the numbers of those whose values no later one takes.
        fields: The numbers of the fields that are in any of them.

    Args:
        path: The path.
        formulas: The formulas.
    """

    def __init__(self, path: Path, formulas: Sequence[Whole | Real | float]) -> None:
        self.steps: list[Step] = []
        self._numbers: dict[object, int] = {}
        self._atoms: dict[int, Any] = {}
        self.gives = [self._formula(path, formula) for formula in formulas]
        self.frees = self._last_uses()
        self.fields = [step.operands[0] for step in self.steps if step.operation == "field"]

    def _step(self, operation: str, *operands: Any, is_whole: bool = True) -> int:
        key = operation, operands, is_whole
        if key not in self._numbers:
            self._numbers[key] = len(self.steps)
            self.steps.append(Step(operation, operands, is_whole))
        return self._numbers[key]

    def _formula(self, path: Path, formula: Whole | Real | float) -> Any:
        if isinstance(formula, Whole):
            return self._sum(path, formula.terms)
        if not isinstance(formula, Real):
            return Constant(formula)
        if formula.operator == "field":
            return self._step("field", formula.operands[0], is_whole=False)
        operands = [self._formula(path, operand) for operand in formula.operands]
        return self._step(f"real {formula.operator}", *operands, is_whole=False)

    def _sum(self, path: Path, terms: Terms) -> Any:
        total: Any = None
        for monomial, factor in sorted(terms.items()):
            if not monomial:
                continue
            product = self._atom(path, monomial[0])
            for number in monomial[1:]:
                product = self._step("*", product, self._atom(path, number))
            if factor != 1:
                product = self._step("*", product, Constant(factor))
            total = product if total is None else self._step("+", total, product)
        constant = terms.get((), 0)
        if total is None:
            return Constant(constant)
        return self._step("+", total, Constant(constant)) if constant else total

    def _atom(self, path: Path, number: int) -> Any:
        if number not in self._atoms:
            self._atoms[number] = self._new_atom(path, number)
        return self._atoms[number]

    def _new_atom(self, path: Path, number: int) -> Any:
        kind, operands, *_ = path.atoms[number]
        if kind == "field":
            return self._step("field", operands[0])
        values = [self._sum(path, terms) for terms in operands]
        if kind == "greatest":
            greatest = values[0]
            for value in values[1:]:
                greatest = self._step("max", greatest, value)
            return greatest
        if kind == "sum":
            return values[0]
        return self._step("//" if kind == "quotient" else "%", *values)

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
        whole: Mapping[str, Callable[[Any, Any], Any]] = {
            "+": operator.add, "*": operator.mul, "max": max,
            # By 0 nothing is divided but for a config that does not take the path.
            "//": lambda number, divisor: number // divisor if divisor else 0,
            "%": lambda number, divisor: number % divisor if divisor else 0,
        }  # fmt: skip
        plain = {number: column.tolist() for number, column in columns.items()}
        rows = []
        for row in range(size):
            values: list[Any] = []
            for operation, operands, is_whole in self.steps:
                if operation == "field":
                    values.append(plain[operands[0]][row])
                    continue
                taken = [each.number if isinstance(each, Constant) else values[each] for each in operands]
                values.append(whole[operation](*taken) if is_whole else _EXACT[operation](*taken))
            rows.append([each.number if isinstance(each, Constant) else values[each] for each in self.gives])
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


_EXACT: Mapping[str, Callable[[Any, Any], Any]] = {
    "real +": operator.add,
    "real -": operator.sub,
    "real *": operator.mul,
    "real /": operator.truediv,
    "real **": operator.pow,
}
_REAL: Mapping[str, Callable[[Any, Any], Any]] = {**_EXACT, "real **": _power}
