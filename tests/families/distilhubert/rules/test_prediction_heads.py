"""E251: heads that predict layers without a number, a width, or a size."""

from __future__ import annotations

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("prediction_num_heads: 2\n", "2:23"),
        ("prediction_dim: 768\n", "2:17"),
        ("prediction_num_heads: 0\nprediction_dim: 8\n", "2:23"),
        ("prediction_num_heads: 2\nprediction_dim: -8\n", "3:17"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert [at.partition("-")[0] for at in found("E251", f"extends: distilhubert\n{text}")] == [place]


@pytest.mark.parametrize(
    "text", ["prediction_num_heads: 2\nprediction_dim: 768\n", "prediction_num_heads: null\nprediction_dim: null\n"]
)
def test_not_found(text: str) -> None:
    assert found("E251", f"extends: distilhubert\n{text}") == []
