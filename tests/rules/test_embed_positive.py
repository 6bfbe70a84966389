"""E230 embed-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_embed_dim: 0\n", ["2:20-2:21"]),
        ("extends: base\nencoder_embed_dim: -768\n", ["2:20-2:24"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E230", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_embed_dim: 384\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E230", text) == []
