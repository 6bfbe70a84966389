"""Random valid configs and workloads, for property and parity tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from w2v_explore import ModelConfig

# torch takes paths of its own for 0 and for 1.
PROBABILITIES = st.sampled_from([0.0, 0.1, 1.0]) | st.floats(0, 1, allow_nan=False)


@st.composite
def conv_layers(draw: st.DrawFn, max_channels: int = 24) -> list[tuple[int, int, int]]:
    """One to eight small convolutions; strides may exceed kernels."""
    layer = st.tuples(st.integers(1, max_channels), st.integers(1, 7), st.integers(1, 4))
    return draw(st.lists(layer, min_size=1, max_size=8))


@st.composite
def field_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 16 fields of a small valid config."""
    heads, groups = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 4]))
    embed_dim = heads * groups * draw(st.integers(1, 4))
    return {
        "extractor_mode": draw(st.sampled_from(["group_norm", "layer_norm"])),
        "extractor_conv_layer_config": draw(st.none() | conv_layers()),
        "extractor_conv_bias": draw(st.booleans()),
        "encoder_embed_dim": embed_dim,
        "encoder_projection_dropout": draw(PROBABILITIES),
        "encoder_pos_conv_kernel": draw(st.integers(1, 9)),
        "encoder_pos_conv_groups": groups,
        "encoder_num_layers": draw(st.integers(1, max_layers)),
        "encoder_num_heads": heads,
        "encoder_attention_dropout": draw(PROBABILITIES),
        "encoder_ff_interm_features": draw(st.integers(1, 24)),
        "encoder_ff_interm_dropout": draw(PROBABILITIES),
        "encoder_dropout": draw(PROBABILITIES),
        "encoder_layer_norm_first": draw(st.booleans()),
        "encoder_layer_drop": draw(PROBABILITIES),
        "aux_num_out": draw(st.none() | st.integers(1, 40)),
    }


def configs(max_layers: int = 3) -> st.SearchStrategy[ModelConfig]:
    """Small valid configs."""
    return field_values(max_layers).map(ModelConfig.from_mapping)
