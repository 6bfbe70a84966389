"""E260 extends-missing."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: nowhere\n", ["1:10-1:17"]),
        ("name: x\nextends: no/such/file.yaml\n", ["2:10-2:27"]),
        ("extends: bsae\n", ["1:10-1:14"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E260", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "extends: large\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E260", text) == []
