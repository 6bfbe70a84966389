"""E213 not-finite: a probability is infinite or not a number."""

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
@pytest.mark.parametrize("value", [".nan", ".NaN", ".inf", "-.inf", "+.Inf", "1.0e+400"])
def test_wrong(key: str, value: str) -> None:
    text = f"{BASE}{key}: {value}  # comment\n"
    assert found(text) == [("E213", 2, len(key) + 3)]
    assert marked(text) == [value]


@pytest.mark.parametrize("key", PROBABILITIES)
@pytest.mark.parametrize("value", ["0.0", "1.0", "1.0e-300"])
def test_right(key: str, value: str) -> None:
    assert found(f"{BASE}{key}: {value}\n") == []
