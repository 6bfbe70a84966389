"""transformers' w2v-BERT 2.0 in the shape of ours: a head lies beside the model's modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.config.dialects.huggingface import to_huggingface

SMALL: dict[str, Any] = {
    "feature_channels": 10,
    "encoder_embed_dim": 48,
    "encoder_projection_dropout": 0.1,
    "encoder_num_layers": 2,
    "encoder_num_heads": 4,
    "encoder_positions": "relative_key",
    "encoder_max_left": 6,
    "encoder_max_right": 2,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_conv_kernel": 7,
    "encoder_conv_dropout": 0.1,
    "encoder_activation": "swish",
    "encoder_dropout": 0.1,
    "encoder_layer_drop": 0.0,
    "add_adapter": False,
    "adapter_num_layers": 1,
    "adapter_kernel": 3,
    "adapter_stride": 2,
    "adapter_embed_dim": None,
    "adapter_activation": "relu",
    "adapter_intermediate_ffn": False,
    "aux_num_out": 5,
}
ADAPTER: dict[str, Any] = {
    "add_adapter": True, "adapter_num_layers": 2, "adapter_embed_dim": 32, "adapter_intermediate_ffn": True,
}  # fmt: skip
POSITIONS = ("relative_key", "relative", "rotary", "none")


def samples_of(frames: int) -> int:
    """The fewest that give so many frames of features."""
    return 400 + (2 * frames - 1) * 160


def features(batch: int = 2, frames: int = 30) -> Tensor:
    return torch.randn(batch, frames, SMALL["feature_channels"], generator=torch.Generator().manual_seed(1))


def transformers_model(config: ModelConfig) -> Any:
    """``Wav2Vec2BertModel`` or, with a head, ``Wav2Vec2BertForCTC``."""
    # torchaudio's stand-in has to be there first: transformers looks for it.
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    return getattr(transformers, values["architectures"][0])(transformers.Wav2Vec2BertConfig(**values))


class Reference(nn.Module):
    """A model of transformers that takes and gives what ours does."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        original = transformers_model(config)
        has_head = config.aux_num_out is not None
        for name, module in (original.wav2vec2_bert if has_head else original).named_children():
            self.add_module(name, module)
        if has_head:
            self.lm_head = original.lm_head
        # In a list, so that it is no module of this one.
        self.originals: list[Any] = [original]

    def train(self, mode: bool = True) -> Reference:
        self.originals[0].train(mode)
        return super().train(mode)

    def forward(self, given: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, None]:
        mask = None if lengths is None else (torch.arange(given.shape[1]) < lengths[:, None]).long()
        return self.originals[0](given, attention_mask=mask)[0], None
