"""A407 unused-ignore."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 6  # w2v: ignore[A407]\n", ["2:24-2:43"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A407", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A407", text) == []
