"""E104 duplicate-key."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nname: x\nname: y\n", ["3:1-3:5"]),
        ("extends: base\nbudgets: {stride: 1, stride: 2}\n", ["2:22-2:28"]),
        ("extends: base\nname: x\nname: y\nname: z\n", ["3:1-3:5", "4:1-4:5"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E104", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nname: x\n",
        "extends: base\nbudgets:\n  a: {min: 1}\n  b: {min: 1}\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E104", text) == []
