"""W309 padding-leaks."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_mode: group_norm\n", ["2:17-2:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W309", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: large_lv60k\nextractor_mode: layer_norm\n",
        "extends: base\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W309", text) == []
