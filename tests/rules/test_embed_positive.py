"""E230 embed-positive: the transformer's width is below 1."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked


@pytest.mark.parametrize("value", ["0", "-1", "-12", "-9223372036854775809"])
def test_below_1(value: str) -> None:
    text = f"{BASE}encoder_embed_dim: {value}  # comment\n"
    assert found(text) == [("E230", 2, 20)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["48", "768"])
def test_from_1_on(value: str) -> None:
    assert found(f"{BASE}encoder_embed_dim: {value}\n") == []


def test_nothing_has_to_divide_such_a_width() -> None:
    text = f"{BASE}encoder_embed_dim: -768\nencoder_num_heads: 7\nencoder_pos_conv_groups: 7\n"
    assert found(text) == [("E230", 2, 20)]
