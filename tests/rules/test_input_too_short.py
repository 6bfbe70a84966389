"""E250 input-too-short."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "seconds", "places"),
    [
        ("extends: base\n", 0.0249, ["1:10-1:14"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 1000, 1]]\n", 0.05, ["2:30-2:46"]),
        ("extends: base\nsample_rate: 8000\n", 0.049, ["2:14-2:18"]),
        # Group norm needs two frames of the first layer.
        ("extends: base\nextractor_conv_layer_config: [[512, 400, 320]]\n", 0.025, ["2:30-2:47"]),
    ],
)
def test_found(text: str, seconds: float, places: list[str]) -> None:
    assert found("E250", text, seconds) == places


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("extends: base\n", None),
        ("extends: base\n", 0.025),
        ("extends: base\nsample_rate: 8000\n", 0.05),
        ("extends: large_lv60k\nextractor_conv_layer_config: [[512, 400, 320]]\n", 0.025),
    ],
)
def test_not_found(text: str, seconds: float | None) -> None:
    assert found("E250", text, seconds) == []
