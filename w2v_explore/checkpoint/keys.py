"""Names of weights: read in any program's words, and written in them, by the tables of the families.

A tensor of ours may be several of another program's: of in_proj_weight, transformers has query, key and value apart. So
what a foreign name stands for is a `Part`: a tensor of ours, or one of the equal parts that lie in it along axis 0.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from w2v_explore.checkpoint.key_table import Dialect, Extra, KeyTable, Module, Packed, Parameter
from w2v_explore.checkpoint.listing import Shape

WeightNormSpelling = Literal["parametrizations", "weight_g"]

CONFIG_METADATA_KEY = "w2v_explore.config"
"""The key in the metadata of our safetensors files: the config's fields as JSON, and its sample rate where
that is another than the default."""


class Part(NamedTuple):
    """A tensor of ours, or one of the equal parts that it is packed of along axis 0.

    Attributes:
        name: Our name of the tensor.
        number: Which part, from 0.
        of: How many parts there are; 1 for the tensor itself.
    """

    name: str
    number: int = 0
    of: int = 1

    def shape(self, whole: Shape) -> Shape:
        """Its shape, where the tensor has this one."""
        return whole if self.of == 1 else (whole[0] // self.of, *whole[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTranslation:
    """A checkpoint's names, read.

    Attributes:
        table: The table of the family that explains most of them; None where no family's model is found.
        dialect: Whose words they are; None where no family's model is found, and then all are unknown.
        prefix: What stands in front of the model's names: ``wav2vec2.``, ``w2v_encoder.w2v_model.``, or nothing.
        ours: What each tensor is in our model that is in it, by its own name.
        buffers: Those of them that are no parameters.
        extras: What each tensor is that has no place in our model.
        unknown: The names that mean nothing here, or the same as another: nothing can be said of their tensors.
    """

    table: KeyTable | None
    dialect: Dialect | None
    prefix: str
    ours: dict[str, Part]
    buffers: frozenset[str]
    extras: dict[str, Extra]
    unknown: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<KeyTranslation from {self.dialect} below {self.prefix!r}: {len(self.ours)} names, "
            f"{len(self.extras)} extras, {len(self.unknown)} unknown>"
        )

    @property
    def unexplained(self) -> int:
        """How many names say that this is another model."""
        return len(self.unknown) + sum(extra.changes_outputs for extra in self.extras.values())

    def shapes(self, shapes: Iterable[tuple[str, Shape]]) -> dict[str, Shape]:
        """The shapes of the tensors of our model that a checkpoint's make up, by our names.

        Args:
            shapes: The checkpoint's, by its names. Of a packed tensor the first part that is there tells the shape.
        """
        ours: dict[str, Shape] = {}
        for name, shape in shapes:
            part = self.ours.get(name)
            if part is not None:
                ours.setdefault(part.name, shape if part.of == 1 else (*(n * part.of for n in shape[:1]), *shape[1:]))
        return ours

    def part_names(self, name: str) -> list[str]:
        """What the checkpoint's program calls the parts of a tensor of ours, below what their names share."""
        assert self.table is not None
        assert self.dialect is not None
        template = _as_template(name)
        theirs = next(
            _names(tensor, self.dialect, self.table)
            for tensor in self.table.tensors
            if isinstance(tensor, Packed) and tensor.ours in (name, template)
        )
        words = [their_name.split(".") for their_name in theirs]
        shared = next(number for number, at in enumerate(zip(*words, strict=False)) if len(set(at)) > 1)
        return [".".join(parts[shared:]) for parts in words]


def translate_keys(names: Iterable[str], tables: Iterable[KeyTable]) -> KeyTranslation:
    """Read the names of a checkpoint's tensors, of any family, in any program's words, and below any prefix.

    Args:
        names: The keys of one state_dict, each once.
        tables: Those of the families that it may be of. The table is taken that leaves the fewest names unexplained,
            the first of several; after one that explains all of them no other is asked for.
    """
    names = list(names)
    best: KeyTranslation | None = None
    for table in tables:
        for dialect, prefix in _find(names, table):
            found = _translate(names, table, dialect, prefix)
            if best is None or found.unexplained < best.unexplained:
                best = found
        if best is not None and best.unexplained == 0:
            break
    return best or KeyTranslation(
        table=None, dialect=None, prefix="", ours={}, buffers=frozenset(), extras={}, unknown=tuple(names)
    )


def keys_in_dialect(
    names: Iterable[str],
    table: KeyTable,
    dialect: Dialect,
    *,
    prefix: str = "",
    values: Mapping[str, Any] = MappingProxyType({}),
    weight_norm: WeightNormSpelling = "parametrizations",
) -> dict[str, Part]:
    """The tensors of our model as another program calls them, the inverse of `translate_keys`: their names, and ours.

    Args:
        names: Keys of our model's state_dict.
        table: Its family's.
        dialect: Whose words are wanted.
        prefix: To stand in front of the model's names, ``wav2vec2.``; the head's go without its last part.
        values: The values of the fields, by name, which decide what fairseq calls some of its modules; other programs
            need none.
        weight_norm: How a weight-normed weight is spelt.

    Raises:
        KeyError: A name is none of our model's, or the program has no such tensor.
    """
    vocabulary = {
        ours: places
        for ours, places in _inverse_vocabulary(table, dialect, weight_norm).items()
        if (where := places[0].where) is None or values.get(where[0]) == where[1]
    }
    outside = _outside(table, dialect, prefix)
    translated: dict[str, Part] = {}
    for name in names:
        template, number = _template(name, vocabulary)
        for place in vocabulary[template]:
            start = outside if place.is_head else prefix
            translated[start + place.name.replace("{i}", number)] = Part(name, place.number, place.of)
    return translated


class _Place(NamedTuple):
    """A name that a program has for a tensor of ours, or for a part of it, as templates.

    Attributes:
        name: The program's.
        ours: Ours.
        number: Which part of ours.
        of: Of how many.
        is_buffer: Whether it is no parameter.
        is_head: Whether it lies beside the model.
        where: The field and its value with which alone the program calls it so.
        spelling: The number of the spelling; the present is 0, the last the oldest.
        is_last_spelling: Whether no spelling is older.
    """

    name: str
    ours: str
    number: int = 0
    of: int = 1
    is_buffer: bool = False
    is_head: bool = False
    where: tuple[str, object] | None = None
    spelling: int = 0
    is_last_spelling: bool = True


def _names(tensor: Module | Parameter | Packed, dialect: Dialect, table: KeyTable) -> tuple[str, ...]:
    """The paths or names of a tensor or of its parts in a dialect; none where the program has no such tensor."""
    name = tensor.ours if dialect == table.own else getattr(tensor, dialect)
    return () if name is None else (name,) if isinstance(name, str) else name


def _places(table: KeyTable, dialect: Dialect) -> Iterator[_Place]:
    """All names of a dialect, in all spellings."""
    for tensor in (*table.tensors, *([table.head] if table.head else [])):
        names = _names(tensor, dialect, table)
        for index, name in enumerate(names):
            if not isinstance(tensor, Module):
                is_buffer = isinstance(tensor, Parameter) and tensor.is_buffer
                yield _Place(name, tensor.ours, index, len(names), is_buffer=is_buffer)
                continue
            where = tensor.fairseq_where if dialect == "fairseq" else None
            place = _Place(name, tensor.ours, is_head=tensor is table.head, where=where)
            for parameter, spellings in tensor.parameters.items():
                for number, spelling in enumerate(spellings):
                    yield place._replace(
                        name=f"{name}.{spelling}",
                        ours=f"{tensor.ours}.{parameter}",
                        spelling=number,
                        is_last_spelling=spelling == spellings[-1],
                    )
            for buffer in tensor.buffers:
                yield place._replace(name=f"{name}.{buffer}", ours=f"{tensor.ours}.{buffer}", is_buffer=True)


@cache
def _vocabulary(table: KeyTable, dialect: Dialect) -> dict[str, _Place]:
    """By every name of a dialect, in all spellings."""
    return {place.name: place for place in _places(table, dialect)}


@cache
def _inverse_vocabulary(table: KeyTable, dialect: Dialect, weight_norm: WeightNormSpelling) -> dict[str, list[_Place]]:
    """By every name of ours, what a dialect calls it, or its parts in order, in one spelling."""
    found: dict[str, list[_Place]] = {}
    for place in _places(table, dialect):
        if place.is_last_spelling if weight_norm == "weight_g" else place.spelling == 0:
            found.setdefault(place.ours, []).append(place)
    return found


# A layer's number, as it is written once a name is cut at its dots; 01 would be another key.
_NUMBER = re.compile(r"(?<=\.)(?:0|[1-9][0-9]*)(?=\.)")


def _template(name: str, vocabulary: Mapping[str, object]) -> tuple[str, str]:
    """The entry of a vocabulary that a name is: as it stands, or with its first number as ``{i}``; and that number.

    Raises:
        KeyError: It is none.
    """
    if "{" in name:  # a template itself
        raise KeyError(name)
    if name in vocabulary:
        return name, ""
    number = _NUMBER.search(name)
    if number is not None:
        template = _as_template(name)
        if template in vocabulary:
            return template, number[0]
    raise KeyError(name)


def _find(names: list[str], table: KeyTable) -> Iterator[tuple[Dialect, str]]:
    """In whose words, and below which prefix, names can be of a family."""
    endings: dict[str, list[Dialect]] = {}
    for dialect in table.prefixes:
        for ending in keys_in_dialect([table.found_by], table, dialect):
            endings.setdefault(ending, []).append(dialect)
    found = (
        (len(name), name.removesuffix(ending), ending)
        for name in names
        for ending in endings
        if name == ending or name.endswith(f".{ending}")
    )
    # Of several models in one checkpoint, the one nearest to the top.
    nearest = min(found, key=lambda match: match[0], default=None)
    if nearest is not None:
        yield from ((dialect, nearest[1]) for dialect in endings[nearest[2]])


def _as_template(name: str) -> str:
    return _NUMBER.sub("{i}", name, count=1)


def _translate(names: list[str], table: KeyTable, dialect: Dialect, prefix: str) -> KeyTranslation:
    """Names that are those of a family's model in a dialect, below a prefix."""
    vocabulary = _vocabulary(table, dialect)
    outside = _outside(table, dialect, prefix)
    ours: dict[str, Part] = {}
    buffers: set[str] = set()
    extras: dict[str, Extra] = {}
    unknown: list[str] = []
    taken: set[Part] = set()
    for name in names:
        found = _our_part(name, vocabulary, prefix, outside)
        if found is not None and found[0] not in taken:
            ours[name], is_buffer = found
            taken.add(ours[name])
            if is_buffer:
                buffers.add(name)
        elif found is None and (extra := _find_extra(name, table, dialect, prefix, outside)):
            extras[name] = extra
        else:
            unknown.append(name)
    return KeyTranslation(
        table=table,
        dialect=dialect,
        prefix=prefix,
        ours=ours,
        buffers=frozenset(buffers),
        extras=extras,
        unknown=tuple(unknown),
    )


def _outside(table: KeyTable, dialect: Dialect, prefix: str) -> str:
    """The prefix of what lies beside the model: the class with a head that holds it, if one does."""
    for model in table.prefixes[dialect]:
        if prefix == model or prefix.endswith(f".{model}"):
            return prefix.removesuffix(model)
    return prefix


def _our_part(name: str, vocabulary: Mapping[str, _Place], prefix: str, outside: str) -> tuple[Part, bool] | None:
    """What a name stands for in our model, and whether that is a buffer."""
    for start, is_head in ((outside, True), (prefix, False)):
        if not name.startswith(start):
            continue
        try:
            template, number = _template(name.removeprefix(start), vocabulary)
        except KeyError:
            continue
        place = vocabulary[template]
        if place.is_head == is_head:
            return Part(place.ours.replace("{i}", number), place.number, place.of), place.is_buffer
    return None


def _find_extra(name: str, table: KeyTable, dialect: Dialect, prefix: str, outside: str) -> Extra | None:
    for start in dict.fromkeys((prefix, outside)):
        if name.startswith(start):
            template = _as_template(name.removeprefix(start))
            for key, extra in table.extras.get(dialect, {}).items():
                if f"{template}.".startswith(f"{key}."):
                    return extra
    return None
