"""E235 layers-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 0\n", ["2:21-2:22"]),
        ("extends: base\nencoder_num_layers: -12\n", ["2:21-2:24"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E235", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E235", text) == []
