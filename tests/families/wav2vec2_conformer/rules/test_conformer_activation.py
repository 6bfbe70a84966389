"""E264 conformer-activation."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rel_pos_large\nencoder_activation: relu\n", ["2:21-2:25"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E264", text) == places


def test_not_found() -> None:
    assert found("E264", "extends: wav2vec2_conformer_rel_pos_large\nencoder_activation: gelu\n") == []
