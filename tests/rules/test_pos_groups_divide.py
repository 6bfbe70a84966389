"""E233 pos-groups-divide."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_pos_conv_groups: 10\n", ["2:26-2:28"]),
        ("extends: base\nencoder_embed_dim: 780\n", ["2:20-2:23"]),
        ("extends: base\nencoder_pos_conv_groups: 0\n", ["2:26-2:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E233", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_pos_conv_groups: 3\n",
        "extends: base\nencoder_pos_conv_groups: 768\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E233", text) == []
