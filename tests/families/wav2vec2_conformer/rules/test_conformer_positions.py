"""E263 conformer-positions."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rel_pos_large\nencoder_positions: abs\n", ["2:20-2:23"]),
        ("extends: wav2vec2_conformer_rel_pos_large\nencoder_positions: null\n", ["2:20-2:24"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E263", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: wav2vec2_conformer_rel_pos_large\nencoder_positions: none\n",
        "extends: wav2vec2_conformer_rope_large\nencoder_positions: relative\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E263", text) == []
