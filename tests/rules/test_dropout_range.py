"""E240 dropout-range."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_dropout: 1.5\n", ["2:18-2:21"]),
        ("extends: base\nencoder_layer_drop: -0.1\n", ["2:21-2:25"]),
        ("extends: base\nencoder_attention_dropout: 10\n", ["2:28-2:30"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E240", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_dropout: 0\n",
        "extends: base\nencoder_dropout: 1\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E240", text) == []
