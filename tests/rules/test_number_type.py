"""E212 number-type."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_dropout: 1e-1\n", ["2:18-2:22"]),
        ("extends: base\nencoder_layer_drop: true\n", ["2:21-2:25"]),
        ("extends: base\nencoder_attention_dropout: null\n", ["2:28-2:32"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E212", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_dropout: 0\n",
        "extends: base\nencoder_dropout: 1.0e-1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E212", text) == []
