"""E253: no list with a value for each layer."""

from __future__ import annotations

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("encoder_num_heads: 12\n", "2:20"),
        ("encoder_num_heads: []\n", "2:20"),
        ("encoder_use_attention: [true, false]\n", "2:24"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert [at.partition("-")[0] for at in found("E253", f"extends: hubert_base_prunable\n{text}")] == [place]


@pytest.mark.parametrize("text", ["encoder_num_heads: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n"])
def test_not_found(text: str) -> None:
    assert found("E253", f"extends: hubert_base_prunable\n{text}") == []
