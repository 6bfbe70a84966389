"""Formulas written down as steps, each of which takes what others gave, and worked out in Python's own numbers."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.analysis.formulas.sizes import Path, Real, Terms, Whole


class Step(NamedTuple):
    """One operation.

    Attributes:
        operation: ``+``, ``*``, ``//``, ``%`` or ``max`` of whole numbers; ``real +`` and its like of numbers with
            fractions; ``field``.
        operands: Each the number of a step, or a `Constant`; of ``field`` its number among the fields.
        is_whole: Whether it gives whole numbers.
    """

    operation: str
    operands: tuple[Any, ...]
    is_whole: bool


class Constant(NamedTuple):
    """An operand that is the same number whatever the fields are."""

    number: Any


class Steps:
    """The steps that give some formulas, each once, whichever of the formulas takes what it gives.

    Attributes:
        steps: The steps, each after those whose values it takes.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._numbers: dict[object, int] = {}
        self._needed: dict[int, Sequence[int]] = {}

    def add(self, path: Path, formulas: Iterable[Whole | Real | float]) -> list[Any]:
        """Write formulas down.

        Args:
            path: Whose they are.
            formulas: The formulas.

        Returns:
            Of each the number of the step that gives it, or a `Constant`.
        """
        atoms: dict[int, Any] = {}
        return [self._formula(path, formula, atoms) for formula in formulas]

    def _step(self, operation: str, *operands: Any, is_whole: bool = True) -> int:
        key = operation, operands, is_whole
        if key not in self._numbers:
            self._numbers[key] = len(self.steps)
            self.steps.append(Step(operation, operands, is_whole))
        return self._numbers[key]

    def _formula(self, path: Path, formula: Whole | Real | float, atoms: dict[int, Any]) -> Any:
        if isinstance(formula, Whole):
            return self._sum(path, formula.terms, atoms)
        if not isinstance(formula, Real):
            return Constant(formula)
        if formula.operator == "field":
            return self._step("field", formula.operands[0], is_whole=False)
        operands = [self._formula(path, operand, atoms) for operand in formula.operands]
        return self._step(f"real {formula.operator}", *operands, is_whole=False)

    def _sum(self, path: Path, terms: Terms, atoms: dict[int, Any]) -> Any:
        total: Any = None
        for monomial, factor in sorted(terms.items()):
            if not monomial:
                continue
            product = self._atom(path, monomial[0], atoms)
            for number in monomial[1:]:
                product = self._step("*", product, self._atom(path, number, atoms))
            if factor != 1:
                product = self._step("*", product, Constant(factor))
            total = product if total is None else self._step("+", total, product)
        constant = terms.get((), 0)
        if total is None:
            return Constant(constant)
        return self._step("+", total, Constant(constant)) if constant else total

    def _atom(self, path: Path, number: int, atoms: dict[int, Any]) -> Any:
        if number not in atoms:
            atoms[number] = self._new_atom(path, number, atoms)
        return atoms[number]

    def _new_atom(self, path: Path, number: int, atoms: dict[int, Any]) -> Any:
        kind, operands, *_ = path.atoms[number]
        if kind == "field":
            return self._step("field", operands[0])
        values = [self._sum(path, terms, atoms) for terms in operands]
        if kind == "greatest":
            greatest = values[0]
            for value in values[1:]:
                greatest = self._step("max", greatest, value)
            return greatest
        if kind == "sum":
            return values[0]
        return self._step("//" if kind == "quotient" else "%", *values)

    def needed(self, given: Any) -> Sequence[int]:
        """The steps whose values a formula is worked out from, in order, its own at the end."""
        if isinstance(given, Constant):
            return ()
        if given not in self._needed:
            found = {given}
            for number in range(given, -1, -1):
                if number in found and self.steps[number].operation != "field":
                    found.update(each for each in self.steps[number].operands if not isinstance(each, Constant))
            self._needed[given] = sorted(found)
        return self._needed[given]

    def value(self, given: Any, fields: Mapping[int, Any], known: dict[int, Any]) -> Any:
        """What a formula comes to, in Python's own numbers.

        Args:
            given: What `add` gave for it.
            fields: The values of the fields by their numbers.
            known: Values of steps for these fields, to which those that are worked out are added.
        """
        for number in self.needed(given):
            if number in known:
                continue
            operation, operands, is_whole = self.steps[number]
            if operation == "field":
                known[number] = fields[operands[0]]
                continue
            taken = [each.number if isinstance(each, Constant) else known[each] for each in operands]
            known[number] = (_WHOLE if is_whole else REAL)[operation](*taken)
        return given.number if isinstance(given, Constant) else known[given]


_WHOLE: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "max": max,
    # By 0 nothing is divided but for a config that does not take the path.
    "//": lambda number, divisor: number // divisor if divisor else 0,
    "%": lambda number, divisor: number % divisor if divisor else 0,
}
REAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "real +": operator.add,
    "real -": operator.sub,
    "real *": operator.mul,
    "real /": operator.truediv,
    "real **": operator.pow,
}
"""The operations on numbers with fractions."""
