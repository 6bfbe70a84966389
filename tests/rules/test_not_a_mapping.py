"""E106 not-a-mapping."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", ["file"]),
        ("- a\n", ["1:1-1:4"]),
        ("just text\n", ["1:1-1:10"]),
        ("# only a comment\n", ["file"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E106", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E106", text) == []
