"""W302 layer-drop-one."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_layer_drop: 1.0\n", ["2:21-2:24"]),
        ("extends: base\nencoder_layer_drop: 1\n", ["2:21-2:22"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W302", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_layer_drop: 0.9\n",
        "extends: base\nencoder_dropout: 1.0\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W302", text) == []
