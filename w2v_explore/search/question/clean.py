"""Whether the linter has a warning of configs: what `--lint-clean` asks of all that are found."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.lint.engine import checks_of_models
from w2v_explore.lint.stepped import reading_at
from w2v_explore.search.space.members import Members
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.parts import Build, Reads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_MOST_KEPT = 100_000
"""Verdicts of a rule that are kept for further configs."""
_MOST_IN_64_BITS = 2**63 - 1
_MOST_COUNTED = 4
"""Kinds for each combination, of which a table takes less time than sorting."""


class Clean:
    """Which configs of a space the linter has no warning of, by the rules that run where nobody says which.

    A config that is found stands in no file yet. So neither a pyproject.toml nor what the base's file says to the
    linter (``# w2v: ignore``; ``budgets``, which no config inherits) has a word in it: what is clean here is so in
    every folder whose pyproject.toml asks for nothing more. What the linter has against the base's own file, whatever
    is changed, is not asked. Errors there are none of, as it is a config.

    A rule says the same of all configs that are equal in the fields that it reads. So it is asked once for each of
    these, and a config costs little more than finding out to which it is equal.

    Args:
        members: The combinations of the space.
    """

    def __init__(self, members: Members) -> None:
        config = members.space.config
        self._members = members
        self._reading = reading_at(config.sample_rate)
        self._fields = config.model.to_mapping()
        self._verdicts = [_Verdicts() for _ in checks_of_models(config.model.family)]

    def __reduce__(self) -> tuple[type[Clean], tuple[Members]]:
        # What rules said is found out anew.
        return Clean, (self._members,)

    def __call__(self, numbers: NDArray[Any]) -> Flags:
        """Which of some combinations are clean, by their numbers; all of them are configs."""
        codes = self._members.codes(numbers)
        clean = np.ones(len(numbers), bool)
        for rule, verdicts in enumerate(self._verdicts):
            left = np.flatnonzero(clean)
            clean[left] = ~self._warned(rule, verdicts, codes[left])
        return clean

    def warnings(self, number: int) -> list[str]:
        """The codes of the rules that warn of a combination, which is a config."""
        codes = np.array([self._members.space.codes(number)], np.int64)
        rules = checks_of_models(self._members.space.config.model.family)
        verdicts = [self._warned(place, each, codes) for place, each in enumerate(self._verdicts)]
        return [rule.code for (rule, _), [warned] in zip(rules, verdicts, strict=True) if warned]

    def _warned(self, rule: int, verdicts: _Verdicts, codes: Codes) -> Flags:
        """Of which of some combinations a rule warns."""
        while True:
            axes = verdicts.axes
            first, alike = self._alike(axes, codes)
            keys = [row.tobytes() for row in codes[first][:, axes]]
            for key, row in zip(keys, codes[first].tolist(), strict=True):
                if key not in verdicts.known:
                    self._ask(rule, verdicts, key, row)
                if verdicts.axes != axes:
                    # It reads more than was known, so that it may say different things of what was taken for equal.
                    break
            else:
                warned = np.array([verdicts.known[key] for key in keys], bool)[alike]
                if len(verdicts.known) > _MOST_KEPT:
                    verdicts.known.clear()
                return warned

    def _ask(self, rule: int, verdicts: _Verdicts, key: bytes, row: list[int]) -> None:
        """Ask a rule of a combination."""
        space = self._members.space
        values = {axis: space.axes[axis].values[code] for axis, code in enumerate(row)}
        fields = {field: space.value(field, values) for field in space.rules}
        model = space.config.model.from_checked({**self._fields, **fields})
        reads = Reads(model, model.FIELDS, _whole)
        _, warns = checks_of_models(model.family)[rule]
        warned = warns(reads, self._reading)  # type: ignore[arg-type]  # which stands in for a config
        axes = {*verdicts.axes, *[axis for name in reads.names for axis in space.axes_of.get(name, ())]}
        if len(axes) > len(verdicts.axes):
            verdicts.axes = sorted(axes)
            verdicts.known.clear()
        else:
            verdicts.known[key] = warned

    def _alike(self, axes: list[int], codes: Codes) -> tuple[Codes, Codes]:
        """The first of each kind of combinations that have the same values on some axes, and of which kind each is."""
        sizes = [len(self._members.space.axes[axis].values) for axis in axes]
        if prod(sizes) > _MOST_IN_64_BITS:
            _, first, alike = np.unique(codes[:, axes], axis=0, return_index=True, return_inverse=True)
            return first, alike.reshape(-1)
        kinds = np.zeros(len(codes), np.int64)
        for axis, size in zip(axes, sizes, strict=True):
            kinds = kinds * size + codes[:, axis]
        if prod(sizes) > _MOST_COUNTED * len(codes):
            _, first, alike = np.unique(kinds, return_index=True, return_inverse=True)
            return first, alike
        # The same without sorting.
        place = np.full(prod(sizes), -1)
        place[kinds[::-1]] = np.arange(len(codes))[::-1]
        are_there = place >= 0
        return place[are_there], (np.cumsum(are_there) - 1)[kinds]


class _Verdicts:
    """What a rule said of configs.

    Attributes:
        axes: The axes on which the fields depend that it was seen to read.
        known: Whether it warns, by the numbers of the values of these axes.
    """

    def __init__(self) -> None:
        self.axes: list[int] = []
        self.known: dict[bytes, bool] = {}


def _whole(reads: Reads, build: Build, arguments: tuple[Any, ...]) -> Layer:
    return build(reads, *arguments)
