"""A442: an inner width that is no multiple of 8."""

from __future__ import annotations

import pytest

from tests.rules.helper import found

HEAD = """extends: hubert_base_prunable
encoder_num_layers: 2
encoder_use_attention: [true, true]
encoder_num_heads: [1, 1]
"""


@pytest.mark.parametrize(("uses", "widths", "place"), [("true, true", "8, 9", "6:33"), ("true, true", "7, 9", "6:30")])
def test_found(uses: str, widths: str, place: str) -> None:
    text = f"{HEAD}encoder_use_feed_forward: [{uses}]\nencoder_ff_interm_features: [{widths}]\n"
    assert [at.partition("-")[0] for at in found("A442", text)] == [place]


@pytest.mark.parametrize(("uses", "widths"), [("true, true", "8, 16"), ("true, false", "8, 9")])
def test_not_found(uses: str, widths: str) -> None:
    assert found("A442", f"{HEAD}encoder_use_feed_forward: [{uses}]\nencoder_ff_interm_features: [{widths}]\n") == []
