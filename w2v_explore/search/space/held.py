"""A space in which a field keeps the value that it has in the config that the space is around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from w2v_explore.config.kinds import meaning
from w2v_explore.errors import ArgumentError
from w2v_explore.search.space.space import NO_VALUE, Rule, Space

_MOST_TRIED = 20_000
"""Combinations of a field's axes that are tried. Where there are more, what changes the field is no config."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rule of several axes, whose value is none wherever it changes the field."""

    rule: Rule

    @property
    def axes(self) -> tuple[int, ...]:
        """The rule's."""
        return self.rule.axes

    @property
    def of(self) -> tuple[str, ...]:
        """The rule's."""
        return self.rule.of

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The rule's value where that is the base's, of which null convolutions are written out."""
        value = self.rule.value(base, axes, of)
        return value if value == base else NO_VALUE


def held(space: Space, field: str) -> Space:
    """The part of a space in which a field means what it does in the config that the space is around.

    Raises:
        ArgumentError: There is none.
    """
    if field not in space.rules:
        return space
    kind = space.config.model.FIELDS[field].kind
    base = meaning(space.base[field], kind)
    axes, numbers = list(space.axes), space.axes_of[field]
    kept_alone = False
    if len(numbers) == 1 or prod(len(axes[number].values) for number in numbers) <= _MOST_TRIED:
        keeping = [
            values
            for values in product(*[axes[number].values for number in numbers])
            if meaning(space.value(field, dict(zip(numbers, values, strict=True))), kind) == base
        ]
        if not keeping:
            raise ArgumentError(
                f"{field} is to be kept, and no config of the space has the value that it has in {space.config.name}; "
                "add that to its values, or leave it out of the space"
            )
        # What is in one of the combinations, each axis by itself; texts tell 1, 1.0 and true apart.
        for number, own in zip(numbers, zip(*keeping, strict=True), strict=True):
            texts = set(map(repr, own))
            axis = axes[number]
            axes[number] = axis._replace(values=tuple([value for value in axis.values if repr(value) in texts]))
        kept_alone = prod(len(axes[number].values) for number in numbers) == len(keeping)
    rules = space.rules if kept_alone else {**space.rules, field: Held(space.rules[field])}
    return replace(space, axes=tuple(axes), rules=rules)
