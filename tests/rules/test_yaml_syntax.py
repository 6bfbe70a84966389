"""E100 yaml-syntax."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: [1\n", ["2:1-2:2"]),
        ("extends: base\n\tname: x\n", ["2:1-2:2"]),
        ("extends: base\n---\nname: x\n", ["2:1-2:2"]),
        ("extends: base\nname: *nothing\n", ["2:7-2:8"]),
        ("extends: base\nname: a: b\n", ["2:8-2:9"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E100", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "--- \nextends: base\n",
        "extends: base\nname: 'a: b'\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E100", text) == []
