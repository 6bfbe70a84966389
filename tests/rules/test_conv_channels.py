"""E225 conv-channels."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: [[0, 10, 5]]\n", ["2:32-2:33"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 10, 5], [-8, 3, 2]]\n", ["2:46-2:48"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E225", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_layer_config: [[1, 10, 5]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E225", text) == []
