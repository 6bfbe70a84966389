"""transformers' omniASR in the shape of ours: its modules by the names below its encoder, its head beside them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig

SMALL: dict[str, Any] = {
    "extractor_conv_layer_config": [[16, 10, 5], [24, 3, 2], [20, 2, 2]],
    "extractor_conv_bias": True,
    "encoder_embed_dim": 48,
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


def transformers_model(config: ModelConfig) -> Any:
    """``OmniASRAudioModel`` or, with a head, ``OmniASRForCTC``."""
    # torchaudio's stand-in has to be there first: transformers looks for it.
    import_torchaudio_models()
    import transformers

    channels, kernels, strides = zip(*config.conv_layers, strict=True)
    audio = transformers.OmniASRAudioConfig(
        conv_dim=channels,
        conv_kernel=kernels,
        conv_stride=strides,
        conv_bias=config.extractor_conv_bias,
        hidden_size=config.encoder_embed_dim,
        num_conv_pos_embeddings=config.encoder_pos_conv_kernel,
        num_conv_pos_embedding_groups=config.encoder_pos_conv_groups,
        num_hidden_layers=config.encoder_num_layers,
        num_attention_heads=config.encoder_num_heads,
        attention_dropout=config.encoder_attention_dropout,
        intermediate_size=config.encoder_ff_interm_features,
        activation_dropout=config.encoder_ff_interm_dropout,
        hidden_dropout=config.encoder_dropout,
        layerdrop=config.encoder_layer_drop,
    )
    if config.aux_num_out is None:
        return transformers.OmniASRAudioModel(audio)
    ctc = transformers.OmniASRCTCConfig(audio_config=audio, vocab_size=config.aux_num_out, pad_token_id=None)
    return transformers.OmniASRForCTC(ctc)


class Reference(nn.Module):
    """A model of transformers that takes and gives what ours does."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        original = transformers_model(config)
        if config.aux_num_out is not None:
            self.ctc_head = original.ctc_head
        encoder = original if config.aux_num_out is None else original.model.audio_tower
        for name, module in encoder.named_children():
            self.add_module(name, module)
        # In a list, so that it is no module of this one.
        self.encoders: list[Any] = [encoder]

    def train(self, mode: bool = True) -> Reference:
        self.encoders[0].train(mode)
        return super().train(mode)

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        mask = None if lengths is None else torch.arange(waveforms.shape[1]) < lengths[:, None]
        result = self.encoders[0](waveforms[:, None], padding_mask=mask)
        x = result.last_hidden_state
        frames = None if result.attention_mask is None else result.attention_mask.sum(-1)
        return (self.ctc_head(x) if hasattr(self, "ctc_head") else x), frames
