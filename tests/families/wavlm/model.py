"""WavLM put together by hand, with the arguments of torchaudio's ``wavlm_model``."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from w2v_explore import Layer, ModelConfig, Wav2Vec2Model, build_architecture
from w2v_explore.families.wav2vec2.components import MODULES, Encoder, EncoderLayer, FeedForward, Transformer
from w2v_explore.families.wavlm.components import (
    PackedAttention,
    PackedProjection,
    PositionBias,
    PositionGate,
    WavLMSelfAttention,
)
from w2v_explore.model.materialize import materialize
from w2v_explore.model.modules import Add, PaddingMask, ScaledDotProductAttention

SMALL = {
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


def wavlm(values: dict[str, Any]) -> Wav2Vec2Model:
    """Built in the order in which torchaudio builds."""
    others = {
        name: value for name, value in values.items() if name not in ("encoder_num_buckets", "encoder_max_distance")
    }
    tree = build_architecture(ModelConfig(**others))
    width, pre_norm = values["encoder_embed_dim"], values["encoder_layer_norm_first"]
    extractor = _made(tree.child("feature_extractor"))
    projection = _made(tree.child("encoder.feature_projection"))
    positions = _made(tree.child("encoder.transformer.pos_conv_embed"))
    layers = nn.ModuleList(_layer(values, number) for number in range(values["encoder_num_layers"]))
    transformer = Transformer(
        positions,
        Add(),
        nn.LayerNorm(width),
        nn.Dropout(values["encoder_dropout"]),
        layers,
        not pre_norm,
        values["encoder_layer_drop"],
    )
    aux = None if values["aux_num_out"] is None else nn.Linear(width, values["aux_num_out"])
    return Wav2Vec2Model(extractor, Encoder(projection, PaddingMask(), transformer), aux)


def _made(layer: Layer) -> nn.Module:
    return materialize(layer, MODULES, device=torch.get_default_device(), dtype=torch.get_default_dtype())


def _layer(values: dict[str, Any], number: int) -> EncoderLayer:
    width, inner = values["encoder_embed_dim"], values["encoder_ff_interm_features"]
    return EncoderLayer(
        _attention(values, number),
        nn.Dropout(values["encoder_dropout"]),
        Add(),
        nn.LayerNorm(width),
        FeedForward(
            nn.Linear(width, inner),
            nn.GELU(),
            nn.Dropout(values["encoder_ff_interm_dropout"]),
            nn.Linear(inner, width),
            nn.Dropout(values["encoder_dropout"]),
        ),
        Add(),
        nn.LayerNorm(width),
        values["encoder_layer_norm_first"],
    )


def _attention(values: dict[str, Any], number: int) -> WavLMSelfAttention:
    width, heads = values["encoder_embed_dim"], values["encoder_num_heads"]
    table = None
    if number == 0:
        table = PositionBias(values["encoder_num_buckets"], heads, values["encoder_max_distance"])
    product = ScaledDotProductAttention(heads, values["encoder_attention_dropout"])
    attention = PackedAttention(nn.Linear(width, width), PackedProjection(), product)
    return WavLMSelfAttention(attention, nn.Linear(width // heads, 8), PositionGate(), Add(), heads, table)
