"""E211 bool-type."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_bias: 'false'\n", ["2:22-2:29"]),
        ("extends: base\nextractor_conv_bias: 0\n", ["2:22-2:23"]),
        ("extends: base\nencoder_layer_norm_first: null\n", ["2:27-2:31"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E211", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nextractor_conv_bias: false\n",
        "extends: base\nencoder_layer_norm_first: off\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E211", text) == []
