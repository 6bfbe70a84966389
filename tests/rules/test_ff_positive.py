"""E236 ff-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_ff_interm_features: 0\n", ["2:29-2:30"]),
        ("extends: base\nencoder_ff_interm_features: -1\n", ["2:29-2:31"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E236", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_ff_interm_features: 1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E236", text) == []
