"""E266 conformer-positions-odd."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rope_large\nencoder_embed_dim: 1040\n", ["2:20-2:24"]),
        (
            "extends: wav2vec2_conformer_rel_pos_large\nencoder_embed_dim: 51\nencoder_num_heads: 3\n",
            ["2:20-2:22"],
        ),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E266", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: wav2vec2_conformer_rel_pos_large\nencoder_embed_dim: 1040\n",
        "extends: wav2vec2_conformer_rel_pos_large\nencoder_positions: none\nencoder_embed_dim: 1023\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E266", text) == []
