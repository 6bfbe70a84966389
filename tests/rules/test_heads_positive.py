"""E231 heads-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_heads: 0\n", ["2:20-2:21"]),
        ("extends: base\nencoder_num_heads: -1\n", ["2:20-2:22"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E231", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_heads: 1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E231", text) == []
