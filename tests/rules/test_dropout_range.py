"""E240 dropout-range: a probability is not between 0 and 1."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked

PROBABILITIES = [
    "encoder_projection_dropout",
    "encoder_attention_dropout",
    "encoder_ff_interm_dropout",
    "encoder_dropout",
    "encoder_layer_drop",
]


@pytest.mark.parametrize("key", PROBABILITIES)
@pytest.mark.parametrize("value", ["10", "1.5", "-0.1", "-1", "2", "1.0000000000000002", "99999999999999999999"])
def test_wrong(key: str, value: str) -> None:
    text = f"{BASE}{key}: {value}  # comment\n"
    assert found(text) == [("E240", 2, len(key) + 3)]
    assert marked(text) == [value]


@pytest.mark.parametrize("key", PROBABILITIES)
@pytest.mark.parametrize("value", ["0", "1", "0.0", "-0.0", "1.0", "0.5"])
def test_right(key: str, value: str) -> None:
    assert found(f"{BASE}{key}: {value}\n") == []
