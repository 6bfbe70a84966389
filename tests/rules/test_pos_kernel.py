"""E232 pos-kernel."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_pos_conv_kernel: 0\n", ["2:26-2:27"]),
        ("extends: base\nencoder_pos_conv_kernel: -3\n", ["2:26-2:28"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E232", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_pos_conv_kernel: 1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E232", text) == []
