"""E252: a head for a vocabulary beside heads that predict layers."""

from __future__ import annotations

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "place"), [("aux_num_out: 32\nprediction_num_heads: 2\nprediction_dim: 768\n", "3:23")]
)
def test_found(text: str, place: str) -> None:
    assert [at.partition("-")[0] for at in found("E252", f"extends: distilhubert\n{text}")] == [place]


@pytest.mark.parametrize("text", ["aux_num_out: 32\n", "prediction_num_heads: 2\nprediction_dim: 768\n"])
def test_not_found(text: str) -> None:
    assert found("E252", f"extends: distilhubert\n{text}") == []
