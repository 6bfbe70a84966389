"""A400 head-dim-multiple-of-8."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_embed_dim: 720\n", ["2:20-2:23"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A400", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_heads: 8\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A400", text) == []
