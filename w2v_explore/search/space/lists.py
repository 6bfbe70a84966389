"""Lists whose numbers vary one by one, as columns: there may be as many lists as combinations, and none is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.config.kinds import MAX_LISTED_LAYERS, MAX_SIZE, ConvLayers, Integer, PerLayer
from w2v_explore.search.formulas.members import Column
from w2v_explore.search.space.space import Parts, Space, of_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

_FITS = 2**62


class _Item(NamedTuple):
    """Numbers of a list that an axis gives.

    Attributes:
        axis: The axis.
        layer: Of which item of the list they are.
        places: Where they lie in a row of all numbers of the list.
        values: Of each value of the axis, a row of them; of ratios the numerators.
        divisors: Of each ratio, the denominator; None where the values are no ratios.
        of: The field that the values are ratios to.
    """

    axis: int
    layer: int
    places: slice
    values: Numbers
    divisors: Numbers | None
    of: str | None


class Lists:
    """The lists of a field, as far as they are made of whole numbers that are right one by one.

    Args:
        space: The space.
        field: The field.
        listed: By field the values of those that have few.
    """

    def __init__(self, space: Space, field: str, listed: Mapping[str, Sequence[Any]]) -> None:
        rule = space.rules[field]
        assert isinstance(rule, Parts)
        kind = space.config.model.FIELDS[field].kind
        self._field = field
        self._name, self._width = ("layers", 3) if isinstance(kind, ConvLayers) else ("list", 1)
        each = kind.each if isinstance(kind, PerLayer) else None
        self._least, self._most = (each.minimum, each.maximum) if isinstance(each, Integer) else (1, MAX_SIZE)
        base = [list(item) if isinstance(item, Sequence) else item for item in space.base[field]]
        self._lengths = sorted({length for length in listed.get(rule.length or "", ()) if _is_length(length)})
        self._length = rule.length if self._lengths else None
        self._lengths = self._lengths or [len(base)]
        self._template = np.array(of_length(base, self._lengths[-1]), np.int64).reshape(-1)
        self._items = list(self._items_of(space, rule))
        self._firsts = {
            axis: min(item.layer for item in self._items if item.axis == axis) for axis in dict.fromkeys(rule.axes)
        }
        # What varies in the space differs from the rows above in this one, whatever chunk these are of.
        self._varies = np.zeros(len(self._template), bool)
        for item in self._items:
            varies = (item.values != item.values[0]).any(axis=0) if item.of is None else len(item.values) > 1
            self._varies[item.places] |= varies | (item.of in space.rules)

    def _items_of(self, space: Space, rule: Parts) -> Sequence[_Item]:
        found = []
        for axis, way, of in zip(rule.axes, rule.items, rule.ratios_of, strict=True):
            if way[0] >= self._lengths[-1]:
                continue
            start = way[0] * self._width + (way[1] if len(way) > 1 else 0)
            places = slice(start, start + (self._width if len(way) == 1 else 1))
            values, divisors = space.axes[axis].values, None
            if of is not None:
                ratios = [Fraction(value) for value in values]
                values = tuple(ratio.numerator for ratio in ratios)
                divisors = np.array([ratio.denominator for ratio in ratios], np.int64)
            numbers = np.array(values, np.int64).reshape(len(values), -1)
            found.append(_Item(axis, way[0], places, numbers, divisors, of))
        return found

    def column(self, codes: Numbers, numbers_of: Callable[[str], NDArray[Any]]) -> Column:
        """The lists of some combinations.

        Args:
            codes: The numbers of the values of each, a row each.
            numbers_of: Gives the values of another field in each.
        """
        size = len(codes)
        table = np.empty((size + 1, len(self._template)), np.int64)
        table[:] = self._template
        lengths, are_right = self._lengths_of(size, numbers_of)
        others = {of: _whole(numbers_of(of)) for of in {item.of for item in self._items} if of is not None}
        for item in self._items:
            code = codes[:, item.axis]
            values = item.values[code]
            if item.of is not None:
                assert item.divisors is not None
                (of, has_number), divisors = others[item.of], item.divisors[code][:, None]
                products = values * of[:, None]
                values = products // divisors
                fits = (products % divisors == 0) & (self._least <= values) & (values <= self._most)
                are_right &= (fits[:, 0] & has_number) | (item.layer >= lengths)
                values = np.clip(values, self._least, self._most)
            table[:size, item.places] = values
        for axis, layer in self._firsts.items():
            # As in `Parts`: a list is made by one combination alone.
            are_right &= (layer < lengths) | (codes[:, axis] == 0)
        table[size] = np.where(self._varies, table[0] + 1, table[0])
        return self._parted(table, lengths, are_right)

    def _lengths_of(self, size: int, numbers_of: Callable[[str], NDArray[Any]]) -> tuple[Numbers, NDArray[np.bool_]]:
        """How long the lists are, and whether that is told."""
        if self._length is None:
            return np.full(size, self._lengths[0], np.int64), np.ones(size, bool)
        stated = numbers_of(self._length).tolist()
        # The dtypes are said, since numpy takes what is empty for floats.
        are_right = np.array([_is_length(length) for length in stated], bool)
        lengths = [length if _is_length(length) else self._lengths[0] for length in stated]
        return np.array(lengths, np.int64), are_right

    def _parted(self, table: Numbers, lengths: Numbers, are_right: NDArray[np.bool_]) -> Column:
        """The column of a table, whose last row is of no combination."""
        size = len(lengths)
        structure_codes = np.searchsorted(self._lengths, lengths)
        rows, numbers = np.arange(size), []
        for code, length in enumerate(self._lengths):
            there = np.flatnonzero(structure_codes == code)
            rows[there] = np.arange(len(there))
            # Each structure has a table in each chunk, so that numbers are known by the same numbers there.
            numbers.append(table[np.append(there, size), : length * self._width])
        structures = [(self._name, length) for length in self._lengths]
        return Column(self._field, np.arange(size), are_right, structures, numbers, structure_codes, rows)


def _whole(values: NDArray[Any]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Whole numbers, 0 in the place of what is none; and which are."""
    are_whole = np.array([type(value) is int for value in values.tolist()], bool)
    return np.where(are_whole, values, 0).astype(np.int64), are_whole


def _is_length(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_LISTED_LAYERS


def lists_of(space: Space, field: str, listed: Mapping[str, Sequence[Any]]) -> Lists | None:
    """The lists of a field; None where it is no list of numbers each of which is right whatever stands beside it.

    Args:
        space: The space.
        field: The field.
        listed: By field the values of those that have few.
    """
    rule, family = space.rules[field], space.config.model.family
    kind = family.config.FIELDS[field].kind
    are_numbers = isinstance(kind, ConvLayers) or (isinstance(kind, PerLayer) and isinstance(kind.each, Integer))
    if not isinstance(rule, Parts) or not are_numbers:
        return None
    if any(set(agreement.fields) == {field} for agreement in family.agreements):
        return None
    if any(other in space.rules and other not in listed for other in rule.of):
        return None
    # With the greatest numbers at once, which multiply to what a convolution's frames see.
    greatest = [list(item) if isinstance(item, Sequence) else item for item in space.base[field]]
    for axis, way, of in zip(rule.axes, rule.items, rule.ratios_of, strict=True):
        values = space.axes[axis].values
        if of is not None:
            numbers = [number for number in listed.get(of, (space.base[of],)) if type(number) is int]
            most = max((Fraction(value).numerator for value in values), default=0) * max(numbers, default=0)
            if most > _FITS or max(Fraction(value).denominator for value in values) > _FITS:
                return None
            values = (min(MAX_SIZE, max(1, most)),)
        elif not all(_is_right(space, field, way, value) for value in values):
            return None
        if isinstance(kind, ConvLayers):
            for value in values:
                for part, number in enumerate(value) if len(way) == 1 else [(way[1], value)]:
                    greatest[way[0]][part] = max(greatest[way[0]][part], number)
    if isinstance(kind, ConvLayers) and family.faults({field: greatest}):
        return None
    return Lists(space, field, listed)


def _is_right(space: Space, field: str, way: Sequence[int], value: Any) -> bool:
    """Whether a value of an axis may stand in a list."""
    if len(way) == 1:
        return not space.config.model.family.faults({field: [value]})
    layer = list(space.base[field][way[0]])
    layer[way[1]] = value
    return not space.config.model.family.faults({field: [layer]})
