"""E265 conformer-conv-kernel."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rel_pos_large\nencoder_conv_kernel: 30\n", ["2:22-2:24"]),
        ("extends: wav2vec2_conformer_rel_pos_large\nencoder_conv_kernel: 0\n", ["2:22-2:23"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E265", text) == places


def test_not_found() -> None:
    assert found("E265", "extends: wav2vec2_conformer_rel_pos_large\nencoder_conv_kernel: 1\n") == []
