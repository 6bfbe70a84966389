"""The JSON Schema: a valid schema that gives the same verdict as the validator on all that a schema can say."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tests.strategies import configs
from w2v_explore import ModelConfig, load_config, preset_names
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.json_schema import json_schema
from w2v_explore.config.kinds import Choice, ConvLayers, Flag, Integer, Kind, Probability
from w2v_explore.config.metadata import METADATA
from w2v_explore.config.presets import preset_path
from w2v_explore.families.wav2vec2 import FAMILY
from w2v_explore.families.wav2vec2.fields import FIELDS

CONV = "extractor_conv_layer_config"
LARGEST = 2**31 - 1
SCHEMA = Draft7Validator(json_schema())
BASE = load_config("base").model.to_mapping()


def paths_of(config: object) -> list[str]:
    """Where the schema refuses a config: ``extractor_conv_layer_config.0.1``; empty for the config as a whole."""
    return [".".join(map(str, error.absolute_path)) for error in SCHEMA.iter_errors(config)]


def test_the_schema_is_a_draft_07_schema() -> None:
    schema = json_schema()
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_the_schema_knows_exactly_the_keys_of_a_config() -> None:
    fields = {name for family in map(family_named, FAMILIES) for name in family.config.FIELDS}
    assert set(json_schema()["properties"]) == fields | {*METADATA}


def test_every_key_is_described() -> None:
    assert [key for key, property_ in json_schema()["properties"].items() if not property_.get("description")] == []


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_validates(name: str) -> None:
    assert paths_of(yaml.safe_load(preset_path(name).read_text(encoding="utf-8"))) == []


@given(model=configs())
def test_a_valid_config_validates(model: ModelConfig) -> None:
    assert paths_of(model.to_mapping()) == []


# --- One wrong value ---------------------------------------------------------------------------------------------


def wrong_values(kind: Kind) -> list[Any]:
    match kind:
        case Integer(maximum=maximum, optional=optional):
            return [0, -1, maximum + 1, 1.5, "12", "x", True, [], {}, *([] if optional else [None])]
        case Probability():
            return [-0.1, 1.1, 2, -1, "0.1", "x", True, None, [], {}, math.inf]
        case Flag():
            return ["true", "no", 0, 1, 1.5, None, [], {}]
        case Choice(values=values, synonyms=synonyms):
            return [*synonyms, values[0].upper(), "", "x", 0, True, None, [values[0]], {}]
        case ConvLayers():
            return [
                *[[], "x", "[(512, 10, 5)]", 1, True, {}, [[]], [1, 1, 1], ["x"], [None], [{}]],
                *[[[1, 1]], [[1, 1, 1, 1]], [[1, 1, 1], [1, 1]], [[1, 1, 1]] * 1_001],
                *[[[0, 1, 1]], [[1, 0, 1]], [[1, 1, 0]], [[1, 1, -1]], [[1, 1, LARGEST + 1]]],
                *[[[1, 1, "1"]], [[1, 1.5, 1]], [[True, 1, 1]], [[1, 1, None]], [[1, [1], 1]]],
            ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(key, value, id=f"{key}-{repr(value)[:30]}")
        for key, field in FIELDS.items()
        for value in wrong_values(field.kind)
    ],
)
def test_schema_and_validator_refuse_the_same_value_of_the_same_field(key: str, value: object) -> None:
    config = {**BASE, key: value}
    # A value that another family may have is wrong by the config's branch, and so by the config as a whole.
    assert {path.split(".")[0] for path in paths_of(config)} in ({key}, {key, ""})
    assert {fault.key for fault in FAMILY.faults(config)} == {key}


def right_values(kind: Kind) -> list[Any]:
    match kind:
        case Integer(optional=optional):
            return [768, *([None, 1] if optional else [])]
        case Probability():
            return [0, 1, 0.0, 1.0, 0.5]
        case Flag():
            return [True, False]
        case Choice(values=values):
            return list(values)
        case ConvLayers():
            return [None, [[1, 1, 1]], [[LARGEST] * 3], [[1, 1, 1]] * 1_000]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(key, value, id=f"{key}-{repr(value)[:30]}")
        for key, field in FIELDS.items()
        for value in right_values(field.kind)
    ],
)
def test_schema_and_validator_allow_the_same_values(key: str, value: object) -> None:
    config = {**BASE, key: value}
    assert paths_of(config) == []
    assert FAMILY.faults(config) == []


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.integers()
    # A JSON number has no type: to a schema 12.0 is the integer 12, and NaN is no JSON.
    | st.floats(allow_nan=False).filter(lambda number: not number.is_integer())
    | st.sampled_from(["group_norm", "layer_norm", "default", "true", "1", ""])
    | st.text(max_size=5)
)
LISTS = st.lists(SCALARS, max_size=4)
VALUES = SCALARS | LISTS | st.lists(LISTS, max_size=4) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


@given(model=configs(), key=st.sampled_from(list(FIELDS)), value=VALUES)
def test_schema_and_validator_agree_on_any_value(model: ModelConfig, key: str, value: object) -> None:
    config = {**model.to_mapping(), key: value}
    # That one field divides another is beyond a schema.
    faults = [fault for fault in FAMILY.faults(config) if fault.partner is None]
    assert bool(paths_of(config)) == bool(faults)


# --- Keys --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", FIELDS)
def test_every_field_is_required_without_extends(key: str) -> None:
    config = {name: value for name, value in BASE.items() if name != key}
    assert paths_of(config) == [""]
    assert paths_of({**config, "extends": "base"}) == []


@pytest.mark.parametrize("config", [None, [], "base", 12, {}, {"name": "x"}, {**BASE, "colour": 1}, {"extends": None}])
def test_what_is_no_config_is_refused(config: object) -> None:
    assert paths_of(config) != []


@pytest.mark.parametrize(
    "key", [key for key in METADATA if key not in {"extends", "architecture", "sample_rate", "budgets", "search"}]
)
@pytest.mark.parametrize(("value", "right"), [("x", True), ("", True), (3, False), (None, False), (["x"], False)])
def test_metadata_is_text(key: str, value: object, right: bool) -> None:
    assert paths_of({"extends": "base", key: value}) == ([] if right else [key])


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("sample_rate", 1, True),
        ("sample_rate", 10_000_000, True),
        ("sample_rate", 0, False),
        ("sample_rate", 10_000_001, False),
        ("sample_rate", True, False),
        ("sample_rate", "16000", False),
        ("budgets", {"parameters": "100M"}, True),
        ("budgets", [], False),
        ("budgets", None, False),
    ],
)
def test_what_is_no_text_about_the_file_has_its_type(key: str, value: object, right: bool) -> None:
    assert paths_of({"extends": "base", key: value}) == ([] if right else [key])


@pytest.mark.parametrize(
    ("section", "right"),
    [
        ({"encoder_num_layers": [6, 12], "extractor_conv_layer_config[*].kernel": {"each": "2..4"}}, True),
        ({"encoder_ff_interm_features": {"ratio": [2, "7/2"], "of": "encoder_embed_dim"}}, True),
        ({"encoder_num_heads[3]": {"from": 2, "to": 8, "step": 2}}, True),
        ({"extractor_conv_layer_config[0]": [[512, 10, 5]]}, True),
        ({}, False),
        ([], False),
        ({"encoder_num_layers": 6}, False),
        ({"encoder_num_layers": []}, False),
        ({"encoder_num_layers": "6"}, False),
        ({"encoder_num_layers": {"form": 6, "to": 8}}, False),
        ({"extractor_conv_layer_config[0].kernels": [3]}, False),
        ({"encoder_num_heads[": [3]}, False),
    ],
)
def test_a_space_has_its_form(section: object, right: bool) -> None:
    assert (paths_of({"extends": "base", "search": section}) == []) == right
