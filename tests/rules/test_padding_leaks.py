"""W309 padding-leaks."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_mode: group_norm\n", ["2:17-2:27"]),
        # Nobody lints the preset: who starts from it is told.
        ("extends: base\n", ["1:10-1:14"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W309", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: large_lv60k\nextractor_mode: layer_norm\n",
        "extends: large_lv60k\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W309", text) == []
