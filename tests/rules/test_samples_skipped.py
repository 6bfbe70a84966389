"""W300 samples-skipped."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: [[512, 5, 10]]\n", ["2:31-2:43"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 16, 32], [512, 3, 2], [512, 6, 5]]\n", ["2:31-2:44"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 1, 1], [512, 1, 2]]\n", ["2:44-2:55"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W300", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "extends: base\nextractor_conv_layer_config: [[512, 10, 5], [512, 1, 2]]\n",
        "extends: base\nextractor_conv_layer_config: [[512, 10, 10]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W300", text) == []
