"""transformers' conformers of wav2vec 2.0 in the shape of ours: a head lies beside the model's modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.config.dialects.huggingface import to_huggingface

SMALL: dict[str, Any] = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": False,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 2,
    "encoder_num_heads": 4,
    "encoder_positions": "relative",
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_conv_kernel": 7,
    "encoder_conv_dropout": 0.1,
    "encoder_activation": "swish",
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": True,
    "encoder_layer_drop": 0.0,
    "aux_num_out": 5,
}
POSITIONS = ("relative", "rotary", "none")


def with_positions(positions: str) -> dict[str, Any]:
    """A small model; what a head is on does not matter to the others than the first."""
    return {**SMALL, "encoder_positions": positions}


def transformers_model(config: ModelConfig) -> Any:
    """``Wav2Vec2ConformerModel`` or, with a head, ``Wav2Vec2ConformerForCTC``."""
    # torchaudio's stand-in has to be there first: transformers looks for it.
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    model = getattr(transformers, values["architectures"][0])(transformers.Wav2Vec2ConformerConfig(**values))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d) and module.running_mean is not None and module.running_var is not None:
            # As training leaves them.
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return model


class Reference(nn.Module):
    """A model of transformers that takes and gives what ours does."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        original = transformers_model(config)
        has_head = config.aux_num_out is not None
        for name, module in (original.wav2vec2_conformer if has_head else original).named_children():
            self.add_module(name, module)
        if has_head:
            self.lm_head = original.lm_head
        # In a list, so that it is no module of this one.
        self.originals: list[Any] = [original]

    def train(self, mode: bool = True) -> Reference:
        self.originals[0].train(mode)
        return super().train(mode)

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, None]:
        mask = None if lengths is None else (torch.arange(waveforms.shape[1]) < lengths[:, None]).long()
        return self.originals[0](waveforms, attention_mask=mask)[0], None
