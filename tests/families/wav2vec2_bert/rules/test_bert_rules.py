"""E268 to E272 and W344, all of w2v-BERT 2.0."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("code", "text", "places"),
    [
        ("E268", BASE + "encoder_positions: shaw\n", ["2:20-2:24"]),
        ("E268", BASE + "encoder_positions: null\n", ["2:20-2:24"]),
        ("E269", BASE + "encoder_positions: rotary\nencoder_embed_dim: 1008\n", ["3:20-3:24"]),
        ("E269", BASE + "encoder_positions: relative\nencoder_embed_dim: 51\nencoder_num_heads: 3\n", ["3:20-3:22"]),
        ("E270", BASE + "adapter_activation: tanh\n", ["2:21-2:25"]),
        ("E271", BASE + "adapter_intermediate_ffn: true\n", ["2:27-2:31"]),
        ("E272", BASE + "feature_channels: 0\n", ["2:19-2:20"]),
        ("E272", BASE + "encoder_max_left: -1\n", ["2:19-2:21"]),
        ("E234", BASE + "add_adapter: true\nadapter_embed_dim: 1000\n", ["3:20-3:24"]),
    ],
)
def test_found(code: str, text: str, places: list[str]) -> None:
    assert found(code, text) == places


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("E268", BASE + "encoder_positions: none\n"),
        ("E269", BASE + "encoder_embed_dim: 1008\n"),
        ("E270", BASE + "adapter_activation: gelu\n"),
        ("E271", BASE + "adapter_intermediate_ffn: true\nadd_adapter: true\n"),
        ("E272", BASE + "encoder_max_right: 0\n"),
        ("E234", BASE + "adapter_embed_dim: 1000\n"),
        ("W344", BASE),
    ],
)
def test_not_found(code: str, text: str) -> None:
    assert found(code, text) == []


@pytest.mark.parametrize(
    ("text", "seconds", "places"),
    [
        # 24 × 610² × 64 × 4 bytes are less than those of the weights, 24 × 620² × 64 × 4 are more.
        (BASE, 12.2, []),
        (BASE, 12.4, ["1:10-1:20"]),
        (BASE + "encoder_positions: relative_key\n", 30.0, ["2:20-2:32"]),
        (BASE + "encoder_positions: rotary\n", 30.0, []),
        (BASE, 0.01, []),
    ],
)
def test_the_table_of_distances(text: str, seconds: float, places: list[str]) -> None:
    assert found("W344", text, seconds=seconds) == places
