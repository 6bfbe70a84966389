"""E213 not-finite."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_dropout: .nan\n", ["2:18-2:22"]),
        ("extends: base\nencoder_layer_drop: -.inf\n", ["2:21-2:26"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E213", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_dropout: 0.5\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E213", text) == []
