"""E234 heads-divide."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_heads: 7\n", ["2:20-2:21"]),
        ("extends: base\nencoder_embed_dim: 784\n", ["2:20-2:23"]),
        ("extends: base\nencoder_embed_dim: 784\nencoder_num_heads: 9\n", ["3:20-3:21"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E234", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_heads: 8\n",
        "extends: base\nencoder_embed_dim: 784\nencoder_num_heads: 7\n",
        "extends: base\nencoder_num_heads: 0\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E234", text) == []
