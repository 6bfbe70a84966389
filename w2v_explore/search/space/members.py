"""The combinations of a space as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from w2v_explore.search.formulas.members import Column, column
from w2v_explore.search.space.lists import Lists, lists_of
from w2v_explore.search.space.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

_MOST_LISTED = 20_000
"""Values of a field that are listed beforehand. A list by layer may have more; then those of a chunk are."""


class Made(Sequence[Any]):
    """Values that are made when they are asked for, of combinations by the numbers of their values."""

    def __init__(
        self, make: Callable[[Sequence[int]], Any], column_of: Callable[[Codes], Column], codes: Codes
    ) -> None:
        self._make = make
        self._column_of = column_of
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return Made(self._make, self._column_of, self._codes[place])
        return self._make(self._codes[place].tolist())

    def take(self, places: Codes) -> Made:
        """Those of some of the combinations."""
        return Made(self._make, self._column_of, self._codes[places])

    def column(self) -> Column:
        """The same as a column, for which none is made."""
        return self._column_of(self._codes)


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
        if isinstance(self.values, Made):
            return self._replace(values=self.values.take(self.codes[places]), codes=np.arange(len(places)))
        return self._replace(codes=self.codes[places])


def members_in(space: Space, numbers: Sequence[int]) -> NDArray[Any]:
    """The numbers of some combinations as an array: of 64 bits, or Python's own in a space that is larger."""
    return np.array(numbers, np.int64 if space.size <= 2**63 else object)


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
        self._lists: dict[str, Lists] = {}
        for field in space.rules:
            lists = lists_of(space, field, self._listed) if field not in self._listed else None
            if lists is not None:
                self._lists[field] = lists

    def _value(self, field: str, axes: Sequence[int], codes: Sequence[int]) -> Any:
        values = {axis: self.space.axes[axis].values[code] for axis, code in zip(axes, codes, strict=True)}
        return self.space.value(field, values)

    def codes(self, members: NDArray[Any]) -> Codes:
        """The numbers of the values of combinations, by their numbers: a row each, in which each axis has its own."""
        if members.dtype == object:
            rows = [self.space.codes(member) for member in members.tolist()]
            return np.array(rows, np.int64).reshape(-1, len(self._sizes))
        found = np.empty((len(members), len(self._sizes)), np.int64)
        left = members
        for axis in reversed(range(len(self._sizes))):
            left, found[:, axis] = np.divmod(left, self._sizes[axis])
        return found

    def varied(self, codes: Codes) -> list[Varied]:
        """The fields that vary, in the combinations of some rows of `codes`."""
        return [self._varied(field, axes, codes) for field, axes in self.space.axes_of.items()]

    def _varied(self, field: str, axes: Sequence[int], codes: Codes) -> Varied:
        if field in self._listed:
            return Varied(field, self._listed[field], self._places(axes, codes), True)
        if field in self._lists:
            made = Made(partial(self._of_row, field, axes), partial(self._lists_column, field), codes)
            return Varied(field, made, np.arange(len(codes)), False)
        if prod(self._sizes[axis] for axis in axes) < 2**63:
            # Rows themselves are sorted in fifty times the time.
            _, firsts, places = np.unique(self._places(axes, codes), return_index=True, return_inverse=True)
            rows = codes[firsts][:, axes]
        else:
            rows, places = np.unique(codes[:, axes], axis=0, return_inverse=True)
        return Varied(field, [self._value(field, axes, row) for row in rows.tolist()], places.reshape(-1), False)

    def _of_row(self, field: str, axes: Sequence[int], row: Sequence[int]) -> Any:
        return self._value(field, axes, [row[axis] for axis in axes])

    def _places(self, axes: Sequence[int], codes: Codes) -> Codes:
        """The places of values among those that are listed."""
        places = np.zeros(len(codes), np.int64)
        for axis in axes:
            places = places * self._sizes[axis] + codes[:, axis]
        return places

    def columns(self, varied: Sequence[Varied]) -> list[Column]:
        """The same as `Formulas` takes them."""
        return [self._column(each) for each in varied]

    def _column(self, varied: Varied) -> Column:
        if varied.is_listed:
            found = self.tables[varied.field]
        elif isinstance(varied.values, Made):
            found = varied.values.column()
        else:
            found = column(self.space.config.model.family, varied.field, varied.values)
        return found._replace(codes=found.codes[varied.codes])

    def _lists_column(self, field: str, codes: Codes) -> Column:
        return self._lists[field].column(codes, partial(self._numbers, codes))

    def _numbers(self, codes: Codes, field: str) -> NDArray[Any]:
        """The values of a field that is listed, or does not vary, in combinations."""
        if field not in self._listed:
            return np.full(len(codes), self.space.base[field], object)
        values = np.empty(len(self._listed[field]), object)
        values[:] = self._listed[field]
        return values[self._places(self.space.axes_of[field], codes)]

    def base(self) -> Mapping[str, Any]:
        """The values of all fields in the config that the space is around, as `Formulas` takes them."""
        model = self.space.config.model
        return {name: getattr(model, name) for name in model.FIELDS}
