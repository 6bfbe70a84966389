"""Spaces that are written down: each of their configs is what the language says, and the columns say the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any
from unittest import mock

import numpy as np
import pytest
import yaml
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.property.test_many import random_value
from w2v_explore import Config, ConfigError, Workload, WorkloadError, analyze, load_preset
from w2v_explore.analysis.figures import Figures
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import FAMILIES, ModelConfig, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, ConvLayers, Integer, PerLayer, meaning
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source
from w2v_explore.search.formulas.many import Formulas
from w2v_explore.search.space import members as members_module
from w2v_explore.search.space.members import Members
from w2v_explore.search.space.read import space_of
from w2v_explore.search.space.space import Space

FIGURES = ("parameters", "macs", "peak_memory_bytes")
MEMBERS = 12

Choices = list[tuple[str, list[Any]]]
"""What is chosen, in the order of the axes: keys as a space has them, and what each may be."""


def right_values(rng: random.Random, model: ModelConfig, field: str) -> list[Any]:
    """A few values that a config may have, each with another meaning."""
    kind, base = model.FIELDS[field].kind, getattr(model, field)
    found: list[Any] = []
    for value in (random_value(rng, kind, base) for _ in range(4)):
        means = [meaning(other, kind) for other in found]
        if not model.family.faults({field: value}) and meaning(value, kind) not in means:
            found.append(value)
    return found or [base]


def as_list(value: Any) -> Any:
    """Plain data, without tuples."""
    return [as_list(item) for item in value] if isinstance(value, (list, tuple)) else value


def random_section(rng: random.Random, model: ModelConfig) -> tuple[dict[str, Any], Choices]:
    """A section, and what is chosen in it."""
    section: dict[str, Any] = {}
    chosen: Choices = []
    numbers = [name for name, field in model.FIELDS.items() if isinstance(field.kind, Integer)]
    # What says how long lists are comes first, so that this is known then.
    fields = sorted(rng.sample(list(model.FIELDS), rng.randint(1, 5)), key=lambda name: not counted_by(model, name))
    for field in fields:
        kind = model.FIELDS[field].kind
        form = rng.choice(["list", "range", "ratio", "parts"])
        # No ring: each is a ratio to what stands before it, or does not vary.
        of = rng.choice([name for name in numbers if name not in fields[fields.index(field) :]] or [None])
        if isinstance(kind, (ConvLayers, PerLayer)) and form != "list":
            parts_of(rng, model, field, of if form == "ratio" else None, section, chosen)
        elif isinstance(kind, Integer) and form == "ratio" and of is not None:
            ratios = rng.sample(["1/64", "1/2", "3", "4", "2/3"], rng.randint(1, 3))
            section[field] = {"ratio": ratios if len(ratios) > 1 else ratios[0], "of": of}
            chosen.append((f"{field} / {of}", ratios))
        elif isinstance(kind, Integer) and form == "range":
            first, step, count = rng.randint(max(kind.minimum, 1), 40), rng.choice([1, 2, 8]), rng.randint(1, 4)
            values = [first + step * place for place in range(count)]
            last = values[-1] + rng.randrange(step)
            section[field] = rng.choice([f"{first}..{last}:{step}", {"from": first, "to": last, "step": step}])
            chosen.append((field, [value for value in values if not model.family.faults({field: value})]))
            if len(chosen[-1][1]) < len(values):
                section[field] = chosen[-1][1] or [getattr(model, field)]
                chosen[-1] = (field, section[field])
        else:
            section[field] = values = [as_list(value) for value in right_values(rng, model, field)]
            chosen.append((field, values))
    return section, chosen


def counted_by(model: ModelConfig, number: str) -> list[str]:
    """The lists whose length a field is."""
    counts = [each.counts for each in model.family.agreements if each.counts]
    return [listed for counting, listed in counts if counting == number]


def longest(model: ModelConfig, chosen: Choices, field: str) -> int:
    """How long a list is at most."""
    most = len(getattr(model, field) or STANDARD_CONV_LAYERS)
    for key, values in chosen:
        name, _, of = key.partition(" / ")
        if field in counted_by(model, name) and not (of and getattr(model, of) is None):
            most = max(1, int(max(map(Fraction, values)) * getattr(model, of)) if of else max(values))
    return most


def parts_of(
    rng: random.Random, model: ModelConfig, field: str, of: str | None, section: dict[str, Any], chosen: Choices
) -> None:
    """Add parts of a list to a section, and to what is chosen."""
    kind = model.FIELDS[field].kind
    base = getattr(model, field) or STANDARD_CONV_LAYERS
    count = longest(model, chosen, field)
    if isinstance(kind, PerLayer):
        part, values = "", [True, False] if isinstance(base[0], bool) else [3, 8, 16]
        of = of if isinstance(kind.each, Integer) else None
    else:
        part = rng.choice([".channels", ".kernel", ".stride"])
        values = rng.sample([2, 3, 4], 2)
    if of is not None:
        values = rng.sample(["1/4", "1/2", "2"], 2)
    given: Any = values if of is None else {"ratio": values, "of": of}
    name = f" / {of}" if of else ""
    form = rng.choice(["all", "each", "some"])
    if form == "all":
        section[f"{field}[*]{part}"] = given
        chosen.append((f"{field}[*]{part}{name}", values))
    elif form == "each":
        section[f"{field}[*]{part}"] = {"each": given}
        chosen += [(f"{field}[{item}]{part}{name}", values) for item in range(count)]
    else:
        for item in rng.sample(range(count), rng.randint(1, min(count, 3))):
            section[f"{field}[{item}]{part}"] = given
            chosen.append((f"{field}[{item}]{part}{name}", values))


def evaluated(model: ModelConfig, choice: Mapping[str, Any], field: str) -> Any:
    """The value of a field where something is chosen, by the rules of docs/search.md; None where there is none.

    Null is the text ``null``.
    """
    for key, value in choice.items():
        name, _, of = key.partition(" / ")
        if name == field:
            return "null" if value is None else value if not of else _product(value, evaluated(model, choice, of))
    base = model.to_mapping()[field]
    counts = [name for name in model.FIELDS if field in counted_by(model, name)]
    parts = {key: value for key, value in choice.items() if key.startswith(f"{field}[")}
    if parts or (counts and counts[0] in {key.partition(" / ")[0] for key in choice}):
        return _list(model, choice, parts, base or STANDARD_CONV_LAYERS, counts)
    moving = [
        each.divides[1]
        for each in model.family.agreements
        if each.divides and each.keeps_quotient and each.divides[0] == field
    ]
    ratios = dict(key.split(" / ") for key in choice if " / " in key)
    if moving and any(key.partition(" / ")[0] == moving[0] for key in choice) and not _leads(ratios, moving[0], field):
        number = getattr(model, moving[0])
        return _product(str(Fraction(base, number)), evaluated(model, choice, moving[0]))
    return "null" if base is None else base


def _leads(ratios: Mapping[str, str], start: str, end: str) -> bool:
    """Whether a field is one, or a ratio to one, or a ratio to such a ratio."""
    return start == end or (start in ratios and _leads(ratios, ratios[start], end))


def _product(ratio: str, number: Any) -> Any:
    product = None if number in (None, "null") else Fraction(ratio) * number
    return None if product is None or product.denominator > 1 else int(product)


def _list(
    model: ModelConfig, choice: Mapping[str, Any], parts: Mapping[str, Any], base: Sequence[Any], counts: Sequence[str]
) -> Any:
    length = evaluated(model, choice, counts[0]) if counts else len(base)
    if length is None or not 1 <= length <= 1000:
        return None
    found = [base[min(item, len(base) - 1)] for item in range(length)]
    for key, value in parts.items():
        name, _, of = key.partition(" / ")
        item, _, part = name.partition("[")[2].partition("]")
        number = _product(value, evaluated(model, choice, of)) if of else value
        if number is None:
            return None
        for place in range(length) if item == "*" else [int(item)]:
            if place < length and part:
                layer = list(found[place])
                layer[["channels", "kernel", "stride"].index(part[1:])] = number
                found[place] = layer
            elif place < length:
                found[place] = number
    return as_list(found)


def is_repeated(model: ModelConfig, choice: Mapping[str, Any], firsts: Mapping[str, Any]) -> bool:
    """Whether an item that is cut off is chosen otherwise than the first time."""
    for key, value in choice.items():
        field, _, item = key.partition("]")[0].partition("[")
        if item.isdigit() and value != firsts[key]:
            values = evaluated(model, choice, field)
            if values is not None and int(item) >= len(values):
                return True
    return False


def config_or_none(model: ModelConfig, fields: Mapping[str, Any]) -> Config | None:
    """The config of values; None where there is none."""
    values = {name: None if value == "null" else value for name, value in fields.items()}
    if any(value is None for value in fields.values()):
        return None
    try:
        return Config(name="one", origin="test", model=type(model)(**{**model.to_mapping(), **values}))
    except ConfigError:
        return None


def written(model: ModelConfig, name: str, section: Mapping[str, Any]) -> Space:
    """The space that a file says, read as YAML."""
    text = yaml.safe_dump({"extends": name, "search": section}, sort_keys=False)
    reading = read_config(parse_document(Source("config.yaml", text.encode())))
    assert reading.problems == []
    assert reading.model == model
    return space_of(Config(name=name, origin="test", model=model), reading.entries["search"])


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=2)
@given(rng=st.randoms(use_true_random=False))
def test_each_config_is_what_the_space_says(family: str, rng: random.Random) -> None:
    name = family_named(family).reference
    model = load_preset(name).model
    section, chosen = random_section(rng, model)
    note(f"{section}")
    space = written(model, name, section)
    assert [axis.name for axis in space.axes] == [key for key, _ in chosen]
    assert space.size == np.prod([len(values) for _, values in chosen], dtype=object)
    numbers = [rng.randrange(space.size) for _ in range(MEMBERS)]
    workload = Workload(samples=16_000)
    # Lists of which there are many are made as columns at once.
    with mock.patch.object(members_module, "_MOST_LISTED", rng.choice([4, 20_000])):
        members = Members(space)
    codes = np.array([space.codes(number) for number in numbers])
    formulas = Formulas(model.family, members.base(), workload, FIGURES)
    valid, figures = formulas.figures(members.columns(members.varied(codes)))
    for place, number in enumerate(numbers):
        choice = {key: values[code] for (key, values), code in zip(chosen, space.codes(number), strict=True)}
        repeated = is_repeated(model, choice, {key: values[0] for key, values in chosen})
        fields = {field: None if repeated else evaluated(model, choice, field) for field in model.FIELDS}
        expected = config_or_none(model, fields)
        try:
            config = space.config_of(number)
        except ConfigError:
            config = None
        assert (config and config.model) == (expected and expected.model)
        try:
            one = config and Figures(analyze(config, workload))
        except WorkloadError:
            one = None
        assert bool(valid[place]) == (one is not None)
        if one is not None:
            assert [int(figures[figure][place]) for figure in FIGURES] == [one[figure] for figure in FIGURES]


def test_the_combinations_are_counted_with_the_last_axis_first() -> None:
    model = load_preset("base").model
    space = written(model, "base", {"encoder_num_layers": [6, 12], "encoder_dropout": [0.1, 0.2, 0.0]})
    both = [tuple(space.fields(number).values()) for number in range(space.size)]
    assert both == list(product([6, 12], [0.1, 0.2, 0.0]))
    assert [space.member(space.codes(number)) for number in range(space.size)] == list(range(space.size))
