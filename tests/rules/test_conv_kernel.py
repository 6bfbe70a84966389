"""E223 conv-kernel."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: [[512, 10, 5], [512, 0, 2]]\n", ["2:51-2:52"]),
        ("extends: base\nextractor_conv_layer_config: [[512, -1, 5]]\n", ["2:37-2:39"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E223", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_layer_config: [[512, 1, 1]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E223", text) == []
