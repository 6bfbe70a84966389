"""E269 bert-positions-odd."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("encoder_positions: rotary\nencoder_embed_dim: 1008\n", "3:20-3:24"),
        ("encoder_positions: relative\nencoder_embed_dim: 51\nencoder_num_heads: 3\n", "3:20-3:22"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert found("E269", BASE + text) == [place]


@pytest.mark.parametrize(
    "text", ["encoder_embed_dim: 1008\n", "encoder_positions: relative\nencoder_embed_dim: 1008\n"]
)
def test_not_found(text: str) -> None:
    assert found("E269", BASE + text) == []
