"""Random valid configs of w2v-BERT 2.0."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.families.wav2vec2_bert.reference import POSITIONS
from tests.strategies import PROBABILITIES
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig


@st.composite
def bert_values(draw: st.DrawFn, max_layers: int = 2) -> dict[str, Any]:
    """The 24 fields of a small valid config."""
    # Where all that two tensors share is one number, transformers' einsum multiplies them without a counted product.
    heads, head_dim = draw(st.integers(1, 4)), draw(st.integers(2, 8))
    width = heads * head_dim
    fitting = [
        positions for positions in POSITIONS if {"relative": width, "rotary": head_dim}.get(positions, 0) % 2 == 0
    ]
    add_adapter = draw(st.booleans())
    return {
        "feature_channels": draw(st.integers(1, 20)),
        "encoder_embed_dim": width,
        "encoder_projection_dropout": draw(PROBABILITIES),
        "encoder_num_layers": draw(st.integers(1, max_layers)),
        "encoder_num_heads": heads,
        "encoder_positions": draw(st.sampled_from(fitting)),
        "encoder_max_left": draw(st.integers(0, 40)),
        "encoder_max_right": draw(st.integers(0, 40)),
        "encoder_attention_dropout": draw(PROBABILITIES),
        "encoder_ff_interm_features": draw(st.integers(1, 24)),
        "encoder_ff_interm_dropout": draw(PROBABILITIES),
        "encoder_conv_kernel": 2 * draw(st.integers(0, 8)) + 1,
        "encoder_conv_dropout": draw(PROBABILITIES),
        "encoder_activation": draw(st.sampled_from(["swish", "gelu"])),
        "encoder_dropout": draw(PROBABILITIES),
        "encoder_layer_drop": draw(PROBABILITIES),
        "add_adapter": add_adapter,
        "adapter_num_layers": draw(st.integers(1, 3)),
        "adapter_kernel": draw(st.integers(1, 4)),
        "adapter_stride": draw(st.integers(1, 3)),
        "adapter_embed_dim": draw(st.none() | st.integers(1, 4).map(lambda times: times * heads)),
        "adapter_activation": draw(st.sampled_from(["relu", "gelu", "swish"])),
        "adapter_intermediate_ffn": add_adapter and draw(st.booleans()),
        "aux_num_out": draw(st.none() | st.integers(1, 9)),
    }


def bert_configs(max_layers: int = 2) -> st.SearchStrategy[Wav2Vec2BertConfig]:
    """Small valid configs."""
    return bert_values(max_layers).map(lambda values: Wav2Vec2BertConfig(**values))
