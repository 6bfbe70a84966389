"""Lists with a value for each layer: the schema, the validator, texts and Python values agree on them."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.program import Runner
from w2v_explore import ConfigError, ModelConfig, load_config
from w2v_explore.config.json_schema import json_schema
from w2v_explore.families.pruned_wav2vec2 import FAMILY

SCHEMA = Draft7Validator(json_schema())
VALUES = load_config("hubert_base_prunable").model.to_mapping()


HEADS: list[Any] = [
    *[[], 12, None, "12", {}, [-1] * 12, [1.5] * 12, [True] * 12],
    *[[None] * 12, [[12]] * 12, [2**31] * 12, [1] * 1_001],
]
USES: list[Any] = [[], True, ["true"] * 12, [1] * 12, [None] * 12]


@pytest.mark.parametrize(
    ("field", "value"),
    [*[("encoder_num_heads", value) for value in HEADS], *[("encoder_use_attention", value) for value in USES]],
)
def test_schema_and_validator_refuse_the_same_lists(field: str, value: object) -> None:
    config = {"architecture": FAMILY.name, **VALUES, field: value}
    assert not SCHEMA.is_valid(config)
    assert {fault.key for fault in FAMILY.faults(config)} == {field}


@pytest.mark.parametrize("value", [[1] * 12, [2**31 - 1] * 12, [*range(1, 13)]])
def test_schema_and_validator_allow_the_same_lists(value: list[int]) -> None:
    config = {"architecture": FAMILY.name, **VALUES, "encoder_num_heads": value}
    assert SCHEMA.is_valid(config)
    assert FAMILY.faults(config) == []


def test_lists_and_tuples_are_one_config_that_hashes() -> None:
    tuples = {name: tuple(value) if isinstance(value, list) else value for name, value in VALUES.items()}
    configs = {ModelConfig.from_mapping({"architecture": FAMILY.name, **values}) for values in (VALUES, tuples)}
    assert len(configs) == 1
    assert configs.pop().to_mapping() == VALUES


def test_a_wrong_value_of_one_layer_is_named_with_its_layer() -> None:
    with pytest.raises(ConfigError, match=r"encoder_num_heads\[3\] is text 'x'; write a whole number from 0"):
        load_config("hubert_base_prunable", {"encoder_num_heads": [1, 2, 3, "x", *[1] * 8]})


def test_texts_of_the_command_line(run: Runner) -> None:
    found = run("explain", "--architecture", FAMILY.name, "encoder_use_attention")
    assert "a list, for each layer true or false" in found.out
    assert "12 × true" in found.out
    lists = "encoder_ff_interm_features=[8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 16]"
    shown = run("compare", "hubert_base_prunable", "hubert_base_prunable", "--set", lists, columns=200)
    assert shown.code == 0, shown.err
    summary: Any = run("summary", "hubert_base_prunable", "--set", lists, columns=200)
    assert "encoder_ff_interm_features 11 × 8, 16 (not 12 × 3072)" in summary.out
