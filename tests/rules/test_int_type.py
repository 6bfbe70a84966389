"""E210 int-type."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 6.0\n", ["2:21-2:24"]),
        ("extends: base\nencoder_num_layers: '6'\n", ["2:21-2:24"]),
        ("extends: base\nencoder_num_heads: true\n", ["2:20-2:24"]),
        ("extends: base\nencoder_embed_dim: null\n", ["2:20-2:24"]),
        ("extends: base\naux_num_out: [3]\n", ["2:14-2:17"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E210", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 6\n",
        "extends: base\naux_num_out: null\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E210", text) == []
