"""A444 conformer-pos-conv-dead."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wav2vec2_conformer_rel_pos_large\n", ["1:10-1:42"]),
        ("extends: wav2vec2_conformer_rope_large\nencoder_pos_conv_kernel: 1\n", ["2:26-2:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A444", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: wav2vec2_conformer_rel_pos_large\nencoder_pos_conv_kernel: 1\nencoder_pos_conv_groups: 1024\n",
        "extends: base\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A444", text) == []
