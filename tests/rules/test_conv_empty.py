"""E221 conv-empty."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: []\n", ["2:30-2:32"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E221", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_layer_config: null\n",
        "extends: base\nextractor_conv_layer_config: [[512, 10, 5]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E221", text) == []
