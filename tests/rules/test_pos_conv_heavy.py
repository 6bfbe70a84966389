"""W307 pos-conv-heavy."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_pos_conv_groups: 1\n", ["2:26-2:27"]),
        ("extends: base\nencoder_pos_conv_kernel: 1024\n", ["2:26-2:30"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W307", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_pos_conv_groups: 16\n",
        "extends: base\nencoder_pos_conv_groups: 8\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W307", text) == []
