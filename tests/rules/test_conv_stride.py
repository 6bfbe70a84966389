"""E224 conv-stride."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: [[512, 10, 5], [512, 3, 0]]\n", ["2:54-2:55"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 10, -5]]\n", ["2:41-2:43"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E224", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_layer_config: [[512, 10, 1]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E224", text) == []
