"""The configs of columns of values: which are right by themselves, and which have the same structure.

Numbers are what formulas are worked out for. All else is structure: words, flags, whether a value is null, how long a
list is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.formulas.sizes import Path
from w2v_explore.arguments import plain_data
from w2v_explore.config.family import Family
from w2v_explore.config.kinds import MAX_SIZE, ConvLayers, Flag, Integer, Kind, PerLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Values = Sequence[Any] | NDArray[Any]


_PLAIN = frozenset((int, float, bool, str))
_NEAR = 10_000
"""Numbers that lie so near one another are counted off in a table, however few they are."""


class Column(NamedTuple):
    """The values of a field in many configs.

    Attributes:
        field: The field.
        codes: Of each config, the number of its value among the distinct ones.
        are_right: Of each distinct value, whether the family takes it.
        structures: What of the distinct values is structure, each once.
        numbers: Of each structure the numbers in the values that have it, a row for each.
        structure_codes: Of each distinct value, the number of its structure.
        rows: Of each distinct value, its row among the numbers of its structure.
    """

    field: str
    codes: Codes
    are_right: NDArray[np.bool_]
    structures: Sequence[Any]
    numbers: Sequence[NDArray[Any]]
    structure_codes: Codes
    rows: Codes


class Group(NamedTuple):
    """Configs of one structure.

    Attributes:
        members: The numbers of the configs.
        fields: The values of numbers of each that vary, by the numbers under which formulas know them.
        values: Gives the values of one of them, by its place among the members, with the sizes of a path for numbers
            that vary.
        key: What is the same in all groups of which a path of one holds for the other.
        by_value: The numbers that vary among groups alone, by those under which formulas would know them.
    """

    members: Codes
    fields: Mapping[int, NDArray[Any]]
    values: Callable[[int, Path], Mapping[str, Any]]
    key: object
    by_value: frozenset[int]


class _Layers(tuple[Any, ...]):
    """A list of layers with sizes in it, which a cache tells from all others without a look at the sizes."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


def column(family: Family, field: str, values: Values) -> Column:
    """The values of a field.

    Args:
        family: Of the configs.
        field: One of its fields.
        values: Of each config: plain data, or numbers of numpy's.
    """
    codes, distinct = _distinct(values)
    kind = family.config.FIELDS[field].kind
    are_right = np.zeros(len(distinct), bool)
    structure_codes, rows = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
    numbers: dict[Any, list[Sequence[float]]] = {}
    places: dict[Any, int] = {}
    for place, value in enumerate(distinct):
        if family.faults({field: value}):
            continue
        are_right[place] = True
        structure, own = _parted(value, kind)
        table = numbers.setdefault(structure, [])
        structure_codes[place], rows[place] = places.setdefault(structure, len(places)), len(table)
        table.append(own)
    number_type = np.float64 if _limits(kind) is None else np.int64
    tables = [np.array(table, number_type) for table in numbers.values()]
    return Column(field, codes, are_right, list(numbers), tables, structure_codes, rows)


def _distinct(values: Values) -> tuple[Codes, list[Any]]:
    """The number of each value among the distinct ones, and these as plain data."""
    # A float of more than 64 bits is no number of Python's, and is made one below.
    if isinstance(values, np.ndarray) and values.size and values.dtype.kind in "iufb" and values.dtype.itemsize <= 8:
        if values.ndim == 1:
            return _distinct_numbers(values)
        if values.dtype.kind != "f":
            rows, codes = np.unique(values.reshape(len(values), -1), axis=0, return_inverse=True)
            return codes.reshape(-1).astype(np.int64), rows.reshape(-1, *values.shape[1:]).tolist()
    numbers: dict[object, int] = {}
    distinct: list[Any] = []
    codes = np.empty(len(values), np.int64)
    for place, value in enumerate(values):
        key = _key(value)
        if key not in numbers:
            numbers[key] = len(distinct)
            distinct.append(plain_data(value))
        codes[place] = numbers[key]
    return codes, distinct


def _distinct_numbers(values: NDArray[Any]) -> tuple[Codes, list[Any]]:
    """The same of an array of numbers."""
    if values.dtype.kind == "i":
        least, most = int(values.min()), int(values.max())
        if most - least < max(_NEAR, len(values)):
            # In a time that grows with the number of values alone, as sorting them does not.
            places = values.astype(np.int64) - least
            are_there = np.zeros(most - least + 1, bool)
            are_there[places] = True
            return (np.cumsum(are_there) - 1)[places], (np.flatnonzero(are_there) + least).tolist()
    found, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), found.tolist()


def _key(value: Any) -> object:
    """What equal values have alike; unlike in Python, 1, 1.0 and true are three."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        kinds = tuple(map(type, value))
        return (kinds, tuple(value)) if _PLAIN.issuperset(kinds) else tuple([_key(item) for item in value])
    # What cannot be looked up is no value of a field, and is told so each time.
    return value.__class__, id(value) if value.__class__.__hash__ is None else value


def _parted(value: Any, kind: Kind) -> tuple[Any, tuple[float, ...]]:
    """What of a value is structure, and the numbers in it."""
    if value is None or isinstance(value, (bool, str)):
        return value, ()
    if isinstance(kind, ConvLayers):
        return ("layers", len(value)), tuple([number for layer in value for number in layer])
    if isinstance(kind, PerLayer):
        if isinstance(kind.each, Flag):
            return ("flags", *value), ()
        return ("list", len(value)), tuple(value)
    return "number", (value,)


def _joined(structure: Any, numbers: Iterator[Any]) -> Any:
    """The value of a structure and the numbers in it."""
    if isinstance(structure, tuple):
        match structure[0]:
            case "layers":
                layers = [(next(numbers), next(numbers), next(numbers)) for _ in range(structure[1])]
                are_plain = all(isinstance(number, int) for layer in layers for number in layer)
                return tuple(layers) if are_plain else _Layers(layers)
            case "list":
                return tuple([next(numbers) for _ in range(structure[1])])
            case _:
                return structure[1:]
    return next(numbers) if structure == "number" else structure


def _limits(kind: Kind) -> tuple[int, int] | None:
    """Between what the numbers in a field's values lie; None where they may have a fraction."""
    if isinstance(kind, PerLayer) and isinstance(kind.each, Integer):
        kind = kind.each
    if isinstance(kind, Integer):
        return kind.minimum, kind.maximum
    return (1, MAX_SIZE) if isinstance(kind, ConvLayers) else None


def groups(family: Family, base: Mapping[str, Any], columns: Sequence[Column], members: Codes) -> Iterator[Group]:
    """The configs of columns by their structure.

    Args:
        family: Of all of them.
        base: The values of all fields, by which configs are that the columns do not change.
        columns: Of equal length.
        members: The numbers of the configs that are meant.
    """
    keys = [each.structure_codes[each.codes[members]] for each in columns if len(each.structures) > 1]
    for alike in _alike(keys, members):
        yield _group(family, base, columns, alike)


def by_value(
    family: Family, base: Mapping[str, Any], columns: Sequence[Column], group: Group, fields: Collection[int]
) -> Iterator[Group]:
    """The configs of a group by the values of some numbers that vary in it, which are then no more among its fields."""
    for alike in _alike([group.fields[number] for number in fields], group.members):
        yield _group(family, base, columns, alike, group.by_value.union(fields))


def _alike(keys: Sequence[NDArray[Any]], members: Codes) -> Iterator[Codes]:
    """The configs among members that have the same keys, in order."""
    together = np.zeros(len(members), np.int64)
    for key in keys:
        found, codes = np.unique(key, return_inverse=True)
        # Numbered anew each time, so that no number of combinations is too many.
        together = np.unique(together * len(found) + codes, return_inverse=True)[1]
    order = np.argsort(together, kind="stable")
    start = 0
    for end in (np.flatnonzero(np.diff(together[order], append=-1)) + 1).tolist():
        yield members[order[start:end]]
        start = end


def _group(
    family: Family,
    base: Mapping[str, Any],
    columns: Sequence[Column],
    members: Codes,
    by_value: frozenset[int] = frozenset(),
) -> Group:
    """The configs of one structure, among which some numbers have one value each."""
    fields: dict[int, Any] = {}
    # Of each column the structure, and of each number in it the number under which it is known, its limits, and the one
    # value that all have, if that is so. What varies among the column's values is a field in any case, though it may be
    # the same for these configs: formulas then hold for further ones.
    parts: list[tuple[str, Any, list[tuple[int, tuple[int, int] | None, Any]]]] = []
    number = 0
    for each in columns:
        codes = each.codes[members]
        own_structure = each.structure_codes[codes[0]]
        structure, table = each.structures[own_structure], each.numbers[own_structure]
        limits = _limits(family.config.FIELDS[each.field].kind)
        rows = each.rows[codes]
        own_numbers: list[tuple[int, tuple[int, int] | None, Any]] = []
        for place in range(table.shape[1]):
            varies = number + place not in by_value and bool((table[:, place] != table[0, place]).any())
            if varies:
                fields[number + place] = table[rows, place]
            own_numbers.append((number + place, limits, None if varies else table[rows[0], place].item()))
        parts.append((each.field, structure, own_numbers))
        number += max(there.shape[1] for there in each.numbers)

    def values_of(place: int, path: Path) -> Mapping[str, Any]:
        found = dict(base)
        for field, structure, numbers in parts:
            found[field] = _joined(structure, iter([_size(path, place, *each) for each in numbers]))
        return found

    def _size(path: Path, place: int, number: int, limits: tuple[int, int] | None, same: Any) -> Any:
        if same is not None:
            return same
        value = fields[number][place].item()
        return path.real_field(number, value) if limits is None else path.field(number, value, *limits)

    key = tuple([(field, structure, tuple(numbers)) for field, structure, numbers in parts])
    return Group(members, fields, values_of, key, by_value)
