"""E237 aux-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\naux_num_out: 0\n", ["2:14-2:15"]),
        ("extends: base\naux_num_out: -29\n", ["2:14-2:17"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E237", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\naux_num_out: 1\n",
        "extends: base\naux_num_out: null\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E237", text) == []
