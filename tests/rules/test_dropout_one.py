"""W301 dropout-one."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_dropout: 1.0\n", ["2:18-2:21"]),
        ("extends: base\nencoder_projection_dropout: 1\nencoder_attention_dropout: 1\n", ["2:29-2:30", "3:28-3:29"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W301", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_dropout: 0.99\n",
        "extends: base\nencoder_layer_drop: 1.0\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W301", text) == []
