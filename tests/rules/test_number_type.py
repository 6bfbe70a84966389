"""E212 number-type: a probability is not a number."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked, messages

PROBABILITIES = [
    "encoder_projection_dropout",
    "encoder_attention_dropout",
    "encoder_ff_interm_dropout",
    "encoder_dropout",
    "encoder_layer_drop",
]


@pytest.mark.parametrize("key", PROBABILITIES)
@pytest.mark.parametrize("value", ["1e-1", "1.0e1", "'0.1'", "0,1", "10%", "null", "true", "nan", "[0.1]"])
def test_wrong(key: str, value: str) -> None:
    text = f"{BASE}{key}: {value}  # comment\n"
    assert found(text) == [("E212", 2, len(key) + 3)]
    assert marked(text) == [value]


@pytest.mark.parametrize("key", PROBABILITIES)
@pytest.mark.parametrize("value", ["0.1", "1.0e-1", ".1", "0", "1"])
def test_right(key: str, value: str) -> None:
    assert found(f"{BASE}{key}: {value}\n") == []


@pytest.mark.parametrize(("value", "meant"), [("1e-1", "0.1"), ("'0.25'", "0.25"), ("nan", "a number from 0 to 1")])
def test_what_is_plainly_meant_is_offered(value: str, meant: str) -> None:
    (message,) = messages(f"{BASE}encoder_dropout: {value}\n")
    assert message.startswith("c.yaml:2:18: error E212 number-type: encoder_dropout is text")
    assert message.endswith(f"; write {meant}")
