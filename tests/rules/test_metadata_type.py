"""E202 metadata-type."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nsample_rate: 16k\n", ["2:14-2:17"]),
        ("extends: base\nname: 3\n", ["2:7-2:8"]),
        ("extends: base\nbudgets: [1]\n", ["2:10-2:13"]),
        ("extends: [base]\n", ["1:10-1:16"]),
        ("extends: base\nsample_rate: 0\n", ["2:14-2:15"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E202", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nsample_rate: 8000\nname: '3'\nbudgets: {}\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E202", text) == []
