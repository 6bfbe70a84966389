"""E222 conv-shape."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: '[(512, 10, 5)]'\n", ["2:30-2:46"]),
        ("extends: base\nextractor_conv_layer_config: [(512, 10, 5)]\n", ["2:30-2:44"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 10], [512, 3, 2]]\n", ["2:31-2:40"]),
        ("extends: base\nextractor_conv_layer_config:\n  - [512, 10, 5]\n  - [512, '3', 2]\n", ["4:11-4:14"]),
        ("extends: base\nextractor_conv_layer_config: 7\n", ["2:30-2:31"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E222", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_layer_config: [[512, 10, 5]]\n",
        "extends: base\nextractor_conv_layer_config: null\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E222", text) == []
