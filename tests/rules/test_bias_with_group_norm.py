"""W306 bias-with-group-norm."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_bias: true\n", ["2:22-2:26"]),
        ("extends: large_lv60k\nextractor_mode: group_norm\n", ["2:17-2:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W306", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_bias: false\n",
        "extends: large_lv60k\nextractor_conv_bias: true\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W306", text) == []
