"""E233 pos-groups-divide: the positional convolution's groups do not divide the width."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked, messages


@pytest.mark.parametrize("value", ["0", "-1", "-16"])
def test_below_1(value: str) -> None:
    text = f"{BASE}encoder_pos_conv_groups: {value}\n"
    assert found(text) == [("E233", 2, 26)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["5", "7", "10", "767", "769", "1536"])
def test_does_not_divide(value: str) -> None:
    text = f"{BASE}encoder_pos_conv_groups: {value}  # comment\n"
    assert found(text) == [("E233", 2, 26)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["1", "3", "12", "16", "768"])
def test_divides(value: str) -> None:
    assert found(f"{BASE}encoder_pos_conv_groups: {value}\n") == []


@pytest.mark.parametrize(
    ("fields", "line", "column"),
    [
        ("encoder_embed_dim: 100\nencoder_pos_conv_groups: 10\nencoder_num_heads: 10\n", None, None),
        ("encoder_embed_dim: 100\nencoder_pos_conv_groups: 12\nencoder_num_heads: 10\n", 3, 26),
        ("encoder_pos_conv_groups: 12\nencoder_embed_dim: 100\nencoder_num_heads: 10\n", 2, 26),
        ("encoder_embed_dim: 100\nencoder_num_heads: 10\n", 2, 20),
    ],
)
def test_the_file_at_hand_is_blamed(fields: str, line: int | None, column: int | None) -> None:
    assert found(f"{BASE}{fields}") == ([] if line is None else [("E233", line, column)])


def test_the_nearest_are_offered() -> None:
    (message,) = messages(f"{BASE}encoder_pos_conv_groups: 7\n")
    assert message.endswith(
        "encoder_pos_conv_groups is 7, which does not divide encoder_embed_dim 768; write 6 or 8, the nearest that do"
    )
