"""Random DistilHuBERT configs, a small one, and the model of transformers or of s3prl that a config stands for."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.strategies import field_values
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.families.distilhubert.fields import DistilHubertConfig

SMALL: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.0,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 2,
    "encoder_num_heads": 4,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "aux_num_out": None,
    "prediction_num_heads": None,
    "prediction_dim": None,
}
HEADS = {"prediction_num_heads": 3, "prediction_dim": 40}


def small(**changes: Any) -> DistilHubertConfig:
    """The small config, or one near it."""
    config = DistilHubertConfig.from_mapping({**SMALL, **changes})
    assert isinstance(config, DistilHubertConfig)
    return config


@st.composite
def distilhubert_configs(draw: st.DrawFn, max_layers: int = 3) -> DistilHubertConfig:
    """Small valid configs, half of them with heads that predict layers."""
    values = {**draw(field_values(max_layers)), "prediction_num_heads": None, "prediction_dim": None}
    if draw(st.booleans()):
        values |= {"prediction_num_heads": draw(st.integers(1, 4)), "prediction_dim": draw(st.integers(1, 40))}
        values["aux_num_out"] = None
        if draw(st.booleans()):
            # As s3prl has them.
            values |= {"extractor_conv_bias": False, "encoder_projection_dropout": 0.0}
    return DistilHubertConfig(**values)


class SplitLinear(nn.Module):
    """What s3prl's layer of its name computes and holds."""

    def __init__(self, in_features: int, num_heads: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_heads, in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(1, 1, num_heads, out_features))

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, _ = x.shape
        heads, in_features, _ = self.weight.shape
        # The same weights for each frame of a head: (N, B·T, D) × (N, D, P).
        product = torch.bmm(x.reshape(-1, heads, in_features).transpose(0, 1), self.weight)
        return (product.transpose(0, 1) + self.bias[0]).reshape(batch, frames, -1)


class _Single(nn.Module):
    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.layer = nn.Linear(in_features, out_features)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.layer(x)
        return output


class Reference(nn.Module):
    """A model of transformers as ours are: heads lie in it, and it gives the output and no lengths."""

    def __init__(self, original: Any, config: DistilHubertConfig) -> None:
        super().__init__()
        backbone = getattr(original, original.base_model_prefix, original)
        for name, child in backbone.named_children():
            self.add_module(name, child)
        if backbone is not original:
            self.lm_head = original.lm_head
        # In a tuple, so that its modules are not registered a second time.
        self.original = (original,)
        heads, width, embed_dim = config.prediction_num_heads, config.prediction_dim, config.encoder_embed_dim
        if heads is not None and width is not None:
            last = _Single(embed_dim, width) if heads == 1 else SplitLinear(embed_dim, heads, width)
            self.output_layer = nn.Sequential(nn.Linear(embed_dim, heads * embed_dim), nn.GELU(), last)

    def forward(self, waveforms: Tensor) -> tuple[Tensor, None]:
        output = self.original[0](waveforms)
        if hasattr(self, "lm_head"):
            return output.logits, None
        x = output.last_hidden_state
        return self.output_layer(x) if hasattr(self, "output_layer") else x, None


def transformers_model(config: ModelConfig, attention: str = "sdpa", **options: Any) -> Any:
    """The model of transformers that our ``config.json`` makes, on torch's default device."""
    # transformers looks for torchaudio as it is imported.
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    [name] = values["architectures"]
    made = transformers.HubertConfig(**{**values, **options, "attn_implementation": attention})
    return getattr(transformers, name)(made)


def reference(config: ModelConfig) -> nn.Module:
    """The same with s3prl's heads, as the tests of all families call it."""
    assert isinstance(config, DistilHubertConfig)
    return Reference(transformers_model(config), config)
