"""E200 unknown-key: a key is no field of a config."""

from __future__ import annotations

import json

import pytest

from tests.rules.helper import BASE, found, marked, messages
from w2v_explore import load_config


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("encoder_num_layer", "did you mean encoder_num_layers?"),
        ("Encoder_dropout", "did you mean encoder_dropout?"),
        ("sample-rate", "did you mean sample_rate?"),
        ("encoder_layers", "write encoder_num_layers"),
        ("num_hidden_layers", "write encoder_num_layers"),
        ("conv_feature_layers", "write extractor_conv_layer_config"),
        ("<<", "write `extends:`"),
        ("learning_rate", "remove it"),
        ("''", "remove it"),
        ("12", "remove it"),
    ],
)
def test_unknown(key: str, meant: str) -> None:
    text = f"{BASE}{key}: 6\n"
    assert found(text) == [("E200", 2, 1)]
    assert marked(text) == [key]
    assert meant in messages(text)[0]


@pytest.mark.parametrize(
    "line", ["name: a", "source: a paper", "sample_rate: 8000", "budgets: {}", "encoder_num_layers: 6"]
)
def test_known(line: str) -> None:
    assert found(f"{BASE}{line}\n") == []


def test_a_misspelt_field_is_not_missing_as_well() -> None:
    text = json.dumps(load_config("base").model.to_mapping(), indent=0)
    assert found(text.replace("aux_num_out", "aux_num_outs")) == [("E200", 17, 1)]


def test_a_list_is_no_key() -> None:
    assert found(f"{BASE}? [encoder_num_layers]\n: 6\n") == [("E200", 2, 3)]
