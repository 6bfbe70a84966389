"""W304 receptive-field."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: [[512, 10, 5], [512, 3, 2]]\n", ["2:30-2:57"]),
        ("extends: base\nsample_rate: 8000\n", ["2:14-2:18"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W304", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "extends: base\nextractor_conv_layer_config: [[512, 400, 320]]\n",
        "extends: base\nsample_rate: 8000\nextractor_conv_layer_config: [[512, 200, 160]]\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W304", text) == []
