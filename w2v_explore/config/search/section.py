"""From the `search:` of a config to what varies, and all that is wrong with it.

What it says is held against the family and the values of the config: whether there is such a field, such a layer, and
whether any config may have a value. What fields come to together is left to the combinations.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

import yaml

from w2v_explore.config import codes
from w2v_explore.config.entries import Entry, plain_value
from w2v_explore.config.family import Family
from w2v_explore.config.kinds import (
    MAX_CONV_LAYERS,
    MAX_LISTED_LAYERS,
    STANDARD_CONV_LAYERS,
    ConvLayers,
    Fault,
    Integer,
    Kind,
    PerLayer,
    meaning,
)
from w2v_explore.config.search.target import Target, field_named, parse_target
from w2v_explore.config.search.values import HOW, WrongValues, is_text, pairs_of, ratios_of, values_of
from w2v_explore.config.text.nodes import place_of, shape
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Place, Problem, Rule, shorten

# No space that anybody searches has so many; of what is hostile, more would take minutes.
_MAX_VARYING, _MAX_LISTED, _MAX_PROBLEMS = 1_000, 50_000, 50
_HOW_OF_RATIOS = "write {ratio: 1/64, of: encoder_embed_dim}"


class Varying(NamedTuple):
    """What varies, and through what.

    Attributes:
        target: What varies.
        values: Its values, each once; of a ratio, fractions as texts.
        ratio_of: The field that the values are ratios to; None where they are no ratios.
        is_each: Whether every item of the list has these values by itself.
        place: Where its key stands.
        ratio_place: Where the field that the values are ratios to is named.
    """

    target: Target
    values: tuple[Any, ...]
    ratio_of: str | None
    is_each: bool
    place: Place
    ratio_place: Place


class Section(NamedTuple):
    """A section as it was read.

    Attributes:
        varying: What varies, in the order in which it is written; only what is right.
        problems: All that is wrong.
    """

    varying: tuple[Varying, ...]
    problems: tuple[Problem, ...]


class _Context(NamedTuple):
    """What a section is held against."""

    path: str
    family: Family
    base: Mapping[str, Any]


def read_section(entry: Entry, family: Family, base: Mapping[str, Any]) -> Section:
    """What a `search:` says.

    Args:
        entry: The entry, whose value is a mapping.
        family: Of the config.
        base: The values of the config's fields, as plain data; not all need be right, or there.
    """
    assert isinstance(entry.value, yaml.MappingNode)
    context = _Context(entry.path, family, base)
    problems: list[Problem] = []
    varying: list[Varying] = []
    if not entry.value.value:
        message = "search is empty; write fields and their values, as `encoder_num_layers: [6, 12]`"
        problems.append(_problem(context, entry.value, None, message))
    for key, node in entry.value.value:
        if len(problems) >= _MAX_PROBLEMS:
            break
        found = _read(context, key, node, problems)
        if found is None:
            continue
        if len(varying) == _MAX_VARYING or sum(len(each.values) for each in varying) > _MAX_LISTED:
            most = f"{_MAX_VARYING:,} keys at most, with {_MAX_LISTED:,} values"
            message = f"search says more than anybody searches; write {most}"
            problems.append(_problem(context, key, None, message))
            break
        varying.append(found)
    problems += _together(context, varying)
    return Section(tuple(varying), tuple(problems))


def _problem(
    context: _Context, node: yaml.Node, name: str | None, message: str, rule: Rule = codes.SEARCH_SPACE
) -> Problem:
    return _located(place_of(context.path, node), name, message, rule)


def _located(place: Place, name: str | None, message: str, rule: Rule = codes.SEARCH_SPACE) -> Problem:
    return Problem(rule=rule, place=place, key="search" if name is None else f"search.{name}", message=message)


def _read(context: _Context, key: yaml.Node, node: yaml.Node, problems: list[Problem]) -> Varying | None:
    """What a key and its values say; None where anything is wrong with them."""
    if not isinstance(key, yaml.ScalarNode):
        problems.append(_problem(context, key, None, f"a key of search is {shape(key)}; write a field's name"))
        return None
    target = target_of(key.value, context.family)
    if isinstance(target, str):
        problems.append(_problem(context, key, key.value, target))
        return None
    try:
        return _vary(context, target, place_of(context.path, key), node, problems)
    except WrongValues as wrong:
        problems.append(_problem(context, wrong.node, str(target), f"{target}: {wrong.message}"))
        return None


def target_of(text: str, family: Family) -> Target | str:
    """What varies by a key's name; a message where there is nothing of that name."""
    field = field_named(text)
    if field not in family.config.FIELDS:
        return _instead_of_field(field, family)
    return parse_target(text, family.config.FIELDS[field].kind)


def _instead_of_field(name: str, family: Family) -> str:
    # Imported only where something is wrong, and as long to import as the rest of this folder.
    from w2v_explore.config.unknown_keys import instead_of_field

    return instead_of_field(name, family)


def _vary(context: _Context, target: Target, place: Place, node: yaml.Node, problems: list[Problem]) -> Varying | None:
    kind = context.family.config.FIELDS[target.field].kind
    is_each = _has_any(node, "each")
    if is_each:
        assert isinstance(node, yaml.MappingNode)
        target, node = _each(target, kind, node)
    if _has_any(node, "ratio", "of"):
        assert isinstance(node, yaml.MappingNode)
        pairs = pairs_of(node, ("ratio", "of"), _HOW_OF_RATIOS)
        if len(pairs) < 2:
            what = "field that it is a ratio to" if "ratio" in pairs else "ratio"
            raise WrongValues(f"there is no {what}; {_HOW_OF_RATIOS}", node)
        _require_number(target, kind, node)
        of = _ratio_of(context, target, pairs["of"])
        return Varying(
            target, tuple(ratios_of(pairs["ratio"])), of, is_each, place, place_of(context.path, pairs["of"])
        )
    listed = values_of(node)
    wrong = list(_wrong_values(context, target, kind, listed))
    problems += wrong
    values = distinct(kind, target, [value for value, _ in listed])
    return None if wrong else Varying(target, tuple(values), None, is_each, place, place)


def _has_any(node: yaml.Node, *keys: str) -> bool:
    # A key that is a list or a mapping has a list for its value.
    return isinstance(node, yaml.MappingNode) and any(key.value in keys for key, _ in node.value)


def _each(target: Target, kind: Kind, node: yaml.MappingNode) -> tuple[Target, yaml.Node]:
    """What varies where each item of a list has values by itself, and the values."""
    nodes = pairs_of(node, ("each",), f"write {{each: …}} alone, and in it {HOW.removeprefix('write ')}")
    if not isinstance(kind, ConvLayers | PerLayer):
        raise WrongValues(f"what is no list has no layers; {HOW}", node)
    if isinstance(target.item, int):
        raise WrongValues(f"one layer is no list of layers; write {target._replace(item='*')} for each of them", node)
    return target._replace(item="*"), nodes["each"]


def _require_number(target: Target, kind: Kind, node: yaml.Node) -> None:
    """Refuse a ratio of what is no whole number."""
    each = kind.each if isinstance(kind, PerLayer) else kind
    if target.part is None and not isinstance(each, Integer):
        raise WrongValues(f"only a whole number has a ratio to another field; {HOW}", node)
    if isinstance(kind, PerLayer) and target.item is None:
        raise WrongValues(f"a list has no ratio to another field; write {target.field}[*]", node)


def _ratio_of(context: _Context, target: Target, node: yaml.Node) -> str:
    """The field that something is a ratio to."""
    if not is_text(node):
        raise WrongValues(f"of is {describe(plain_value(node))}; write the name of a field", node)
    name: str = node.value
    fields = context.family.config.FIELDS
    if name not in fields:
        raise WrongValues(_instead_of_field(name, context.family), node)
    if not isinstance(fields[name].kind, Integer):
        raise WrongValues(f"of is {name}, which is no whole number; write the name of a field that is", node)
    if name == target.field:
        raise WrongValues(f"of is {name} itself; write the name of another field", node)
    return name


def distinct(kind: Kind, target: Target, values: Iterable[Any]) -> list[Any]:
    """Values of what varies as plain data, of those that mean the same the first.

    Args:
        kind: The kind of the field.
        target: What varies.
        values: Its values.
    """
    found: dict[object, Any] = {}
    for value in values:
        found.setdefault(_key(meaning(value, kind) if target.item is None else value), value)
    return list(found.values())


def _key(value: Any) -> object:
    """What equal values have in common: 0 and 0.0 are one, true and 1 are not."""
    if isinstance(value, list):
        return tuple(_key(item) for item in value)
    if isinstance(value, dict):
        return repr(value)
    return (bool, value) if isinstance(value, bool) else value


def _wrong_values(
    context: _Context, target: Target, kind: Kind, listed: Sequence[tuple[object, yaml.Node]]
) -> Iterator[Problem]:
    """The values that no config may have, one problem for all of a range."""
    last: yaml.Node | None = None
    for value, node in listed:
        if node is last:
            continue
        fault = fault_of(context.family, target, value)
        if fault is None:
            continue
        last = node
        message = fault.message
        if isinstance(kind, PerLayer) and target.item is None and not isinstance(value, list):
            message += f"; for all layers alike vary {target.field}[*], for each by itself write {{each: …}}"
        fix = fault.fix if isinstance(node, yaml.ScalarNode) and not isinstance(value, list) else None
        is_written = isinstance(node, yaml.ScalarNode) and plain_value(node) == value
        yield _problem(context, node, str(target), message, fault.rule)._replace(fix=fix if is_written else None)


def fault_of(family: Family, target: Target, value: Any) -> Fault | None:
    """What is wrong with a value of what varies, whatever the values of all else."""
    whole: Any = value
    if target.part is not None:
        layer = list(STANDARD_CONV_LAYERS[0])
        layer[target.part] = value
        whole = [layer]
    elif target.item is not None:
        whole = [value]
    faults = family.faults({target.field: whole})
    if not faults:
        return None
    item = f"{target.field}[0]"
    named = str(target) if target.part is None else str(target._replace(part=None))
    message = faults[0].message if target.item is None else faults[0].message.replace(item, named)
    return faults[0]._replace(message=message)


def _together(context: _Context, varying: Sequence[Varying]) -> Iterator[Problem]:
    """What is wrong with what varies beside all else that does."""
    for number, each in enumerate(varying):
        before = next((other for other in varying[:number] if other.target.meets(each.target)), None)
        if before is not None:
            where = f" on line {before.place.line}" if before.place.line is not None else ""
            message = f"{each.target} varies with {before.target}{where} already; keep one of the two"
            yield _located(each.place, str(each.target), message)
        missing = past_the_last(context.family, context.base, each.target, varying)
        if missing is not None:
            yield _located(each.place, str(each.target), missing)
    yield from _cycles(varying)


def past_the_last(family: Family, base: Mapping[str, Any], target: Target, varying: Sequence[Varying]) -> str | None:
    """A message where there is no such layer; the arguments are those of `length_of`."""
    if not isinstance(target.item, int):
        return None
    count = length_of(family, base, target.field, varying)
    if count is None or target.item < count:
        return None
    return f"there is no {target.field}[{target.item}]; layers are counted from 0, and the last is [{count - 1}]"


def length_of(family: Family, base: Mapping[str, Any], field: str, varying: Sequence[Varying]) -> int | None:
    """How many items a list has at most; None where that is not known.

    Args:
        family: Of the config.
        base: The values of its fields, as far as they are there.
        field: The list.
        varying: What varies.
    """
    number = counted_by(family, field)
    if number is not None and any(each.target.field == number for each in varying):
        most = _most(number, base, varying, ())
        if most is not None:
            return min(max(most, 1), MAX_LISTED_LAYERS)
    value = base.get(field)
    if value is None and isinstance(family.config.FIELDS[field].kind, ConvLayers):
        return len(STANDARD_CONV_LAYERS)
    return len(value) if isinstance(value, list | tuple) and len(value) <= MAX_CONV_LAYERS else None


def counted_by(family: Family, field: str) -> str | None:
    """The field that says how long a list is."""
    found = (each.counts[0] for each in family.agreements if each.counts and each.counts[1] == field)
    return next(found, None)


def _most(field: str, base: Mapping[str, Any], varying: Sequence[Varying], seen: tuple[str, ...]) -> int | None:
    """The greatest value of a field of whole numbers; None where it is not known."""
    each = next((each for each in varying if each.target.field == field), None)
    if each is None:
        value = base.get(field)
        return value if isinstance(value, int) else None
    if each.ratio_of is None:
        return max((value for value in each.values if value is not None), default=None)
    of = None if each.ratio_of in seen else _most(each.ratio_of, base, varying, (*seen, field))
    return None if of is None else floor(of * max(map(Fraction, each.values)))


def _cycles(varying: Sequence[Varying]) -> Iterator[Problem]:
    """Ratios that lead back to where they started, told once for each ring."""
    ratios = {each.target.field: each for each in varying if each.ratio_of is not None}
    told: set[str] = set()
    for start in ratios:
        way = [start]
        while way[-1] in ratios and way[-1] not in told:
            following = ratios[way[-1]].ratio_of
            assert following is not None
            if following in way:
                ring = [*way[way.index(following) :], following]
                words = ", which follows ".join(map(shorten, ring[1:]))
                message = f"{ring[0]} follows {words}; give one of them values of its own"
                yield _located(ratios[way[-1]].ratio_place, str(ratios[way[-1]].target), message)
                break
            way.append(following)
        told.update(way)
