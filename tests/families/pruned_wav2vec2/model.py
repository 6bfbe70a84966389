"""Random pruned configs, a small one, and torchaudio's modules cut by hand to the widths that a config states."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.strategies import field_values
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.families.pruned_wav2vec2.fields import PrunedConfig

SMALL: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "extractor_channel_scale": True,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 5,
    "encoder_use_attention": [True, True, False, True, False],
    "encoder_use_feed_forward": [True, True, True, False, False],
    "encoder_num_heads": [3, 3, 0, 1, 2],
    "encoder_head_dim": 8,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": [40, 40, 17, 64, 0],
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "aux_num_out": None,
}


def small(**changes: Any) -> PrunedConfig:
    """The small config, or one near it."""
    config = PrunedConfig.from_mapping({**SMALL, **changes})
    assert isinstance(config, PrunedConfig)
    return config


@st.composite
def pruned_values(draw: st.DrawFn, max_layers: int = 4) -> dict[str, Any]:
    """The 20 fields of a small valid config; half of the layers are like the one before."""
    values, booleans = draw(field_values(max_layers)), st.booleans()
    layers: list[tuple[bool, bool, int, int]] = []
    for _ in range(values["encoder_num_layers"]):
        if draw(booleans) and layers:
            layers.append(layers[-1])
            continue
        attends, feeds = draw(booleans), draw(booleans)
        layers.append((attends, feeds, draw(st.integers(int(attends), 4)), draw(st.integers(int(feeds), 24))))
    values |= {
        "extractor_channel_scale": draw(st.booleans()),
        "encoder_use_attention": [layer[0] for layer in layers],
        "encoder_use_feed_forward": [layer[1] for layer in layers],
        "encoder_num_heads": [layer[2] for layer in layers],
        "encoder_head_dim": draw(st.integers(1, 9)),
        "encoder_ff_interm_features": [layer[3] for layer in layers],
    }
    return {name: values[name] for name in PrunedConfig.FIELDS}


def pruned_configs(max_layers: int = 4) -> st.SearchStrategy[PrunedConfig]:
    """Small valid configs."""
    return pruned_values(max_layers).map(lambda values: PrunedConfig(**values))


class _Scaled(nn.Module):
    """torchaudio's extractor, and what DPHuBERT multiplies its channels with."""

    def __init__(self, extractor: Any, channels: int) -> None:
        super().__init__()
        self.dummy_weight = nn.Parameter(torch.ones(channels), requires_grad=False)
        self.conv_layers = extractor.conv_layers
        self.extractor = (extractor,)

    def forward(self, x: Tensor, length: Tensor | None) -> tuple[Tensor, Tensor | None]:
        x, length = self.extractor[0](x, length)
        return x * self.dummy_weight, length


class _Layer(nn.Module):
    """torchaudio's layer with blocks of its own widths, or without them."""

    def __init__(self, layer: Any, has_attention: bool, has_feed_forward: bool) -> None:
        super().__init__()
        self.attention = layer.attention if has_attention else None
        self.dropout = layer.dropout
        self.layer_norm = layer.layer_norm
        self.feed_forward = layer.feed_forward if has_feed_forward else None
        self.final_layer_norm = layer.final_layer_norm
        self.pre_norm = layer.layer_norm_first

    def forward(
        self, x: Tensor, attention_mask: Tensor | None = None, position_bias: None = None, padding: None = None
    ) -> tuple[Tensor, None]:
        if self.attention is not None:
            attended, _ = self.attention(self.layer_norm(x) if self.pre_norm else x, attention_mask=attention_mask)
            x = x + self.dropout(attended)
        x = x if self.pre_norm else self.layer_norm(x)
        if self.feed_forward is not None:
            x = x + self.feed_forward(self.final_layer_norm(x) if self.pre_norm else x)
        return x if self.pre_norm else self.final_layer_norm(x), None


def cut_model(config: ModelConfig) -> Any:
    """torchaudio's model of a config, its modules replaced by narrower ones, on torch's default device."""
    values = {name: value for name, value in config.to_mapping().items() if name != "extractor_channel_scale"}
    uses = [values.pop(f"encoder_use_{block}") for block in ("attention", "feed_forward")]
    heads, inner = values.pop("encoder_num_heads"), values.pop("encoder_ff_interm_features")
    head_dim = values.pop("encoder_head_dim")
    models = import_torchaudio_models()
    model = models.wav2vec2_model(**values, encoder_num_heads=1, encoder_ff_interm_features=1)
    layers, embed_dim = model.encoder.transformer.layers, config.encoder_embed_dim
    for number, layer in enumerate(layers):
        has_attention, has_feed_forward = (each[number] for each in uses)
        attention, feed_forward, width = layer.attention, layer.feed_forward, heads[number] * head_dim
        if has_attention:
            for name in ("k_proj", "v_proj", "q_proj"):
                setattr(attention, name, nn.Linear(embed_dim, width))
            attention.out_proj = nn.Linear(width, embed_dim)
            attention.num_heads, attention.head_dim = heads[number], head_dim
        if has_feed_forward:
            feed_forward.intermediate_dense = nn.Linear(embed_dim, inner[number])
            feed_forward.output_dense = nn.Linear(inner[number], embed_dim)
        layers[number] = _Layer(layer, has_attention, has_feed_forward)
    if config.extractor_channel_scale:
        model.feature_extractor = _Scaled(model.feature_extractor, config.conv_layers[-1][0])
    return model
