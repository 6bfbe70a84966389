"""A443 conformer-positions-cost."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rel_pos_large\n", ["1:10-1:42"]),
        ("extends: wav2vec2_conformer_rope_large\nencoder_positions: relative\n", ["2:20-2:28"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A443", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: wav2vec2_conformer_rope_large\n",
        "extends: wav2vec2_conformer_rel_pos_large\nencoder_positions: none\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A443", text) == []
