"""Random valid data2vec audio configs, and a small one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import field_values
from w2v_explore.families.data2vec_audio.fields import Data2VecAudioConfig

SMALL: dict[str, Any] = {
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_depth": 3,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 3,
    "encoder_num_heads": 4,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_drop": 0.0,
    "aux_num_out": 5,
}


def small(**changes: Any) -> Data2VecAudioConfig:
    """The small config, or one near it."""
    config = Data2VecAudioConfig.from_mapping({**SMALL, **changes})
    assert isinstance(config, Data2VecAudioConfig)
    return config


@st.composite
def data2vec_configs(draw: st.DrawFn, max_layers: int = 3) -> Data2VecAudioConfig:
    """Small valid configs."""
    values = {**draw(field_values(max_layers)), "encoder_pos_conv_depth": draw(st.integers(1, 4))}
    return Data2VecAudioConfig(**{name: values[name] for name in Data2VecAudioConfig.FIELDS})
