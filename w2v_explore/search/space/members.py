"""The combinations of a space as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.search.formulas.members import Column, column
from w2v_explore.search.space.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

_MOST_LISTED = 20_000
"""Values of a field that are listed beforehand. A list by layer may have more; then those of a chunk are."""


class Varied(NamedTuple):
    """A field in some combinations.

    Attributes:
        field: The field.
        values: Values that it has, some of them perhaps more than once.
        codes: Of each combination, the place of its value among them.
        is_listed: Whether the values are those of the space, the same for all of its combinations.
    """

    field: str
    values: Sequence[Any]
    codes: Codes
    is_listed: bool

    def take(self, places: Codes) -> Varied:
        """The same in some of the combinations."""
        return self._replace(codes=self.codes[places])


class Members:
    """The combinations of a space, by their numbers or by the numbers of their values.

    Attributes:
        tables: By field whose values are listed, the column of these in all combinations of the field's axes, in order.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._sizes = [len(axis.values) for axis in space.axes]
        self._listed: dict[str, list[Any]] = {}
        self.tables: dict[str, Column] = {}
        for field, axes in space.axes_of.items():
            if prod(self._sizes[axis] for axis in axes) <= _MOST_LISTED:
                every = product(*[range(self._sizes[axis]) for axis in axes])
                self._listed[field] = [self._value(field, axes, codes) for codes in every]
                self.tables[field] = column(space.config.model.family, field, self._listed[field])

    def _value(self, field: str, axes: Sequence[int], codes: Sequence[int]) -> Any:
        values = {axis: self.space.axes[axis].values[code] for axis, code in zip(axes, codes, strict=True)}
        return self.space.value(field, values)

    def codes(self, members: Codes) -> Codes:
        """The numbers of the values of combinations below 2^63: a row each, in which each axis has its own."""
        found = np.empty((len(members), len(self._sizes)), np.int64)
        left = members
        for axis in reversed(range(len(self._sizes))):
            left, found[:, axis] = np.divmod(left, self._sizes[axis])
        return found

    def varied(self, codes: Codes) -> list[Varied]:
        """The fields that vary, in the combinations of some rows of `codes`."""
        return [self._varied(field, axes, codes) for field, axes in self.space.axes_of.items()]

    def _varied(self, field: str, axes: Sequence[int], codes: Codes) -> Varied:
        if prod(self._sizes[axis] for axis in axes) < 2**63:
            together = np.zeros(len(codes), np.int64)
            for axis in axes:
                together = together * self._sizes[axis] + codes[:, axis]
            if field in self._listed:
                return Varied(field, self._listed[field], together, True)
            # Rows themselves are sorted in fifty times the time.
            _, firsts, places = np.unique(together, return_index=True, return_inverse=True)
            rows = codes[firsts][:, axes]
        else:
            rows, places = np.unique(codes[:, axes], axis=0, return_inverse=True)
        return Varied(field, [self._value(field, axes, row) for row in rows.tolist()], places.reshape(-1), False)

    def columns(self, varied: Sequence[Varied]) -> list[Column]:
        """The same as `Formulas` takes them."""
        family = self.space.config.model.family
        found = []
        for each in varied:
            listed = self.tables[each.field] if each.is_listed else column(family, each.field, each.values)
            found.append(listed._replace(codes=listed.codes[each.codes]))
        return found

    def base(self) -> Mapping[str, Any]:
        """The values of all fields in the config that the space is around, as `Formulas` takes them."""
        model = self.space.config.model
        return {name: getattr(model, name) for name in model.FIELDS}
