"""E263 to E266, W343 and A443, all of conformers."""

import pytest

from tests.rules.helper import found

RELATIVE = "extends: wav2vec2_conformer_rel_pos_large\n"
ROTARY = "extends: wav2vec2_conformer_rope_large\n"


@pytest.mark.parametrize(
    ("code", "text", "places"),
    [
        ("E263", RELATIVE + "encoder_positions: abs\n", ["2:20-2:23"]),
        ("E263", RELATIVE + "encoder_positions: null\n", ["2:20-2:24"]),
        ("E264", RELATIVE + "encoder_activation: relu\n", ["2:21-2:25"]),
        ("E265", RELATIVE + "encoder_conv_kernel: 30\n", ["2:22-2:24"]),
        ("E265", RELATIVE + "encoder_conv_kernel: 0\n", ["2:22-2:23"]),
        ("E266", ROTARY + "encoder_embed_dim: 1040\n", ["2:20-2:24"]),
        (
            "E266",
            RELATIVE + "encoder_embed_dim: 51\nencoder_num_heads: 3\nencoder_pos_conv_groups: 3\n",
            ["2:20-2:22"],
        ),
        ("W343", RELATIVE, ["1:10-1:42"]),
        ("W343", ROTARY + "encoder_pos_conv_kernel: 1\n", ["2:26-2:27"]),
        ("A443", RELATIVE, ["1:10-1:42"]),
        ("A443", ROTARY + "encoder_positions: relative\n", ["2:20-2:28"]),
    ],
)
def test_found(code: str, text: str, places: list[str]) -> None:
    assert found(code, text) == places


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("E263", RELATIVE + "encoder_positions: none\n"),
        ("E264", RELATIVE + "encoder_activation: gelu\n"),
        ("E265", RELATIVE + "encoder_conv_kernel: 1\n"),
        ("E266", RELATIVE + "encoder_embed_dim: 1040\n"),
        ("E266", RELATIVE + "encoder_positions: none\nencoder_embed_dim: 51\nencoder_num_heads: 3\n"),
        ("W343", RELATIVE + "encoder_pos_conv_kernel: 1\nencoder_pos_conv_groups: 1024\n"),
        ("A443", ROTARY),
    ],
)
def test_not_found(code: str, text: str) -> None:
    assert found(code, text) == []
