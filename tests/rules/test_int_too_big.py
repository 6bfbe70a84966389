"""E214 int-too-big."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 10001\n", ["2:21-2:26"]),
        ("extends: base\nencoder_embed_dim: 2147483648\n", ["2:20-2:30"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 10, 9999999999]]\n", ["2:41-2:51"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E214", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 10000\n",
        "extends: base\nencoder_ff_interm_features: 2147483647\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E214", text) == []
