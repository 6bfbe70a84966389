"""Small WavLM models: the values of their fields, by torchaudio's names."""

from __future__ import annotations

from typing import Any

from w2v_explore.families.wavlm.python import wavlm_model

SMALL: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 3,
    "encoder_num_heads": 4,
    "encoder_num_buckets": 12,
    "encoder_max_distance": 40,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "aux_num_out": 5,
}
POST_NORM = SMALL
PRE_NORM = {
    **SMALL,
    "extractor_mode": "layer_norm",
    "extractor_conv_bias": True,
    "encoder_pos_conv_kernel": 7,
    "encoder_layer_norm_first": True,
}


def wavlm(values: dict[str, Any]) -> Any:
    """A model with the arguments of torchaudio's ``wavlm_model``."""
    return wavlm_model(**values)
