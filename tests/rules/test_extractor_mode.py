"""E220 extractor-mode."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_mode: default\n", ["2:17-2:24"]),
        ("extends: base\nextractor_mode: batch_norm\n", ["2:17-2:27"]),
        ("extends: base\nextractor_mode: 3\n", ["2:17-2:18"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E220", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_mode: group_norm\n",
        "extends: base\nextractor_mode: layer_norm\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E220", text) == []
