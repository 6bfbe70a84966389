"""E254: a block of no width that a layer is said to have, or one of less."""

from __future__ import annotations

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("encoder_num_heads: [1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 12]\n", "2:20"),
        ("encoder_ff_interm_features: [-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n", "2:30"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert [at.partition("-")[0] for at in found("E254", f"extends: hubert_base_prunable\n{text}")] == [place]


def test_a_lost_block_may_have_no_width() -> None:
    text = """extends: hubert_base_prunable
encoder_num_layers: 1
encoder_use_attention: [false]
encoder_use_feed_forward: [true]
encoder_num_heads: [0]
encoder_ff_interm_features: [1]
"""
    assert found("E254", text) == []
