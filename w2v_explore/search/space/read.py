"""From a `search:` and the fields that are set free to a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from w2v_explore.config import codes
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import OWN_DIALECT, Entry, plain_value
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config
from w2v_explore.config.metadata import SEARCH
from w2v_explore.config.overrides import override_documents
from w2v_explore.config.search.section import Varying, counted_by, length_of, read_section
from w2v_explore.config.text.source import read_source
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import ArgumentError, ConfigError
from w2v_explore.search.space.freed import free_fields
from w2v_explore.search.space.space import Axis, Given, Parts, Quotient, Ratio, Rule, Space

_HOW = "write `search:` into the config, or give --space FILE or --free FIELD"


def space_of(config: Config, section: Entry | Mapping[str, object] | None = None, free: Sequence[str] = ()) -> Space:
    """The space around a config.

    Args:
        config: The config.
        section: What varies: the entry of a `search:`, of the config itself (``Reading.entries.get("search")``) or of
            another file (`section_in`); or the same as plain data.
        free: Fields, or parts of them, whose values the config tells by the steps that `sensitivity` knows; or
            ``FIELD=VALUES``, as `sweep` has it.

    Raises:
        ConfigError: The section is wrong; carries every problem with its place.
        ArgumentError: Nothing varies, or a field that is set free is none, or varies already.
        TypeError: The section is no plain data.
    """
    model = config.model
    varying: list[Varying] = []
    if section is not None:
        varying += _read(section, model.family, model.to_mapping())
    varying += free_fields(model, free, varying)
    if not varying:
        raise ArgumentError(f"no field varies; {_HOW}")
    return _space(config, varying)


def section_in(reference: str) -> Entry:
    """The `search:` of a file, whether it says anything else or not.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
        ConfigError: It has none, or is no YAML.
    """
    document = parse_document(read_source(reference), OWN_DIALECT)
    if document.problems:
        raise ConfigError(document.problems)
    if SEARCH not in document.entries:
        message = "there is no `search:` in this file; write it, and below it fields and their values"
        raise ConfigError([Problem(rule=codes.SEARCH_SPACE, place=document.start, key=None, message=message)])
    return document.entries[SEARCH]


def _read(section: Entry | Mapping[str, object], family: Family, base: Mapping[str, Any]) -> Sequence[Varying]:
    if isinstance(section, Mapping):
        entry = override_documents({SEARCH: section})[0].entries[SEARCH]._replace(path=SEARCH)
    else:
        entry = section
    if not isinstance(entry.value, yaml.MappingNode):
        message = (
            f"{SEARCH} is {describe(plain_value(entry.value))}; write a mapping of fields and their values, as "
            "`encoder_num_layers: [6, 12]`"
        )
        raise ConfigError([Problem(rule=codes.METADATA_TYPE, place=entry.value_place(), key=SEARCH, message=message)])
    found = read_section(entry, family, base)
    if found.problems:
        raise ConfigError(found.problems)
    return found.varying


def _space(config: Config, varying: Sequence[Varying]) -> Space:
    """The space in which something varies, and all that must agree with it moves along."""
    family = config.model.family
    base = config.model.to_mapping()
    axes: list[Axis] = []
    rules: dict[str, Rule] = {}
    parts: dict[str, list[tuple[int, tuple[int, ...], str | None]]] = {}
    for each in varying:
        field = each.target.field
        if each.target.item is None:
            rules[field] = Given(len(axes)) if each.ratio_of is None else Ratio(len(axes), (each.ratio_of,))
            axes.append(_axis(str(each.target), each))
            continue
        length = length_of(family, base, field, varying)
        assert length is not None, "the length of a list in a config that is right is known"
        items = range(length) if each.target.item == "*" else [each.target.item]
        of_field = parts.setdefault(field, [])
        for place, item in enumerate(items):
            if each.is_each or place == 0:
                name = each.target._replace(item=item) if each.is_each else each.target
                axes.append(_axis(str(name), each))
            way = (item,) if each.target.part is None else (item, each.target.part)
            of_field.append((len(axes) - 1, way, each.ratio_of))
    for field, ways in parts.items():
        number = counted_by(family, field)
        numbers, items_of, ratios_of = zip(*ways, strict=True)
        firsts = tuple(axes[axis].values[0] for axis in numbers)
        rules[field] = Parts(numbers, items_of, ratios_of, firsts, number if number in rules else None)
    _move_along(config, rules)
    return Space(config, tuple(axes), _sorted(rules))


def _axis(name: str, each: Varying) -> Axis:
    return Axis(name if each.ratio_of is None else f"{name} / {each.ratio_of}", each.values)


def _move_along(config: Config, rules: dict[str, Rule]) -> None:
    """Add what must agree with fields that vary, as `sensitivity` has it: heads, which keep their width, and lists."""
    model = config.model
    agreements = model.family.agreements
    for agreement in agreements:
        if agreement.divides and agreement.keeps_quotient:
            divisor, number = agreement.divides
            if number in rules and divisor not in rules and divisor not in _all_behind(number, rules):
                rules[divisor] = Quotient((number,), getattr(model, number) // getattr(model, divisor))
    for agreement in agreements:
        if agreement.counts and agreement.counts[0] in rules and agreement.counts[1] not in rules:
            number, listed = agreement.counts
            rules[listed] = Parts((), (), (), (), number)


def _all_behind(field: str, rules: Mapping[str, Rule]) -> set[str]:
    """The fields on whose values one depends."""
    found: set[str] = set()
    waiting = [field]
    while waiting:
        rule = rules.get(waiting.pop())
        new = set(rule.of if rule is not None else ()) - found
        found |= new
        waiting += new
    return found


def _sorted(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """The rules, each after those of the fields that it takes."""
    found: dict[str, Rule] = {}

    def add(field: str) -> None:
        if field in rules and field not in found:
            for other in rules[field].of:
                add(other)
            found[field] = rules[field]

    for field in rules:
        add(field)
    return found
