"""A401 head-dim-64."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_heads: 8\n", ["2:20-2:21"]),
        ("extends: base\nencoder_embed_dim: 1536\nencoder_num_heads: 16\n", ["3:20-3:22"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A401", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_heads: 12\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A401", text) == []
