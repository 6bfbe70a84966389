"""Small models of HuBERT in pre-training: the values of their fields, and torchaudio's models of them."""

from __future__ import annotations

from typing import Any

import torch

from tests.families.contract import torchaudio_model
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig

_MASKING = {
    "mask_prob": 0.8,
    "mask_selection": "static",
    "mask_other": 0.0,
    "mask_length": 10,
    "no_mask_overlap": False,
    "mask_min_space": 1,
    "mask_channel_prob": 0.0,
    "mask_channel_selection": "static",
    "mask_channel_other": 0.0,
    "mask_channel_length": 10,
    "no_mask_channel_overlap": False,
    "mask_channel_min_space": 1,
}
POST_NORM: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 2,
    "encoder_num_heads": 4,
    "encoder_attention_dropout": 0.0,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    **_MASKING,
    "skip_masked": False,
    "skip_nomask": False,
    "num_classes": 11,
    "final_dim": 7,
    "feature_grad_mult": 0.1,
}
PRE_NORM = {
    **POST_NORM,
    "extractor_mode": "layer_norm",
    "extractor_conv_bias": True,
    "encoder_pos_conv_kernel": 7,
    "encoder_layer_norm_first": True,
    "feature_grad_mult": None,
}


def on_meta(config: ModelConfig) -> Any:
    """torchaudio's model without data: its initialiser, which no meta tensor survives, left out."""
    import_torchaudio_models()
    from torchaudio.models.wav2vec2 import model

    original, model._init_hubert_pretrain_model = model._init_hubert_pretrain_model, lambda module: None
    try:
        # What `torch.FloatTensor` makes is on the CPU all the same.
        return torchaudio_model(config).to("meta")
    finally:
        model._init_hubert_pretrain_model = original


class Counted(torch.nn.Module):
    """What torch's counter sees of a forward pass of torchaudio's; masks and cosines, which it does not see, need data.

    Its state_dict is the model's, and its output as the encoder's: all frames.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.wav2vec2 = model.wav2vec2
        self.mask_generator = model.mask_generator
        self.logit_generator = model.logit_generator

    def forward(self, waveforms: torch.Tensor) -> tuple[torch.Tensor, None]:
        x, _ = self.wav2vec2(waveforms)
        return self.logit_generator.final_proj(x), None


def counted(config: ModelConfig) -> Counted:
    """The same on meta."""
    return Counted(on_meta(config))
