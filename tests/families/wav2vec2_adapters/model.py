"""Small models with adapters: the values of their fields, and transformers' model of a config."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.checkpoint.keys import keys_in_dialect
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.families.wav2vec2_adapters.keys import KEYS
from w2v_explore.tree.layer import Layer

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
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "encoder_adapter_features": None,
    "add_adapter": True,
    "adapter_num_layers": 3,
    "adapter_kernel": 3,
    "adapter_stride": 2,
    "adapter_embed_dim": 36,
    "aux_num_out": 5,
}
"""Convolutions behind a post-norm encoder, of another width."""

MMS = {
    **SMALL,
    "extractor_mode": "layer_norm",
    "extractor_conv_bias": True,
    "encoder_pos_conv_kernel": 7,
    "encoder_layer_norm_first": True,
    "encoder_adapter_features": 6,
    "add_adapter": False,
    "adapter_embed_dim": 48,
}
"""An adapter in each of the pre-norm layers."""

BOTH = {**MMS, "add_adapter": True, "adapter_embed_dim": None}


class Original(nn.Module):
    """transformers' model of a config, that is called as ours; its weights are ours below other names.

    Args:
        config: The config.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        import_torchaudio_models()
        import transformers

        self.config = config
        values = to_huggingface(config)
        theirs = transformers.Wav2Vec2Config(**values, attn_implementation="sdpa")
        self.model = getattr(transformers, values["architectures"][0])(theirs)

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, None]:
        """(B, S) → the output, and None for the lengths."""
        mask = None
        if lengths is not None:
            mask = (torch.arange(waveforms.shape[1]) < lengths[:, None]).long()
        return self.model(waveforms, attention_mask=mask)[0], None


def names_of(config: ModelConfig, tree: Layer) -> dict[str, str]:
    """transformers' name of each tensor of our model, by our name."""
    prefix = "" if config.aux_num_out is None else "wav2vec2."
    ours = [name for name, _ in tree.state_dict_shapes()]
    return {part.name: name for name, part in keys_in_dialect(ours, KEYS, "huggingface", prefix=prefix).items()}
