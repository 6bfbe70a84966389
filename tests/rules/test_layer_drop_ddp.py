"""A405 layer-drop-ddp."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_layer_drop: 0.05\n", ["2:21-2:25"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A405", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_layer_drop: 0\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A405", text) == []
