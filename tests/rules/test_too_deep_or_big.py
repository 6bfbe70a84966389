"""E102 too-deep-or-big."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            "extends: base\nname: " + "[" * 64 + "]" * 64,
            ["2:70-2:71"],
        ),
        ("extends: base\nname: " + "[" * 30_000, ["2:70-2:71"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E102", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nbudgets: " + "[" * 63 + "]" * 63,
    ],
)
def test_not_found(text: str) -> None:
    assert found("E102", text) == []
