"""Small models of wav2vec 2.0 in pre-training: the values of their fields, and transformers' model of a config."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ModelConfig
from w2v_explore.checkpoint.keys import translate_keys
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.families.wav2vec2_pretrain.keys import KEYS

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
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64,
    "encoder_ff_interm_dropout": 0.1,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.0,
    "feat_quantizer_dropout": 0.1,
    "num_codevector_groups": 2,
    "num_codevectors_per_group": 10,
    "codevector_dim": 12,
    "proj_codevector_dim": 9,
}
PRE_NORM = {
    **POST_NORM,
    "extractor_mode": "layer_norm",
    "extractor_conv_bias": True,
    "encoder_pos_conv_kernel": 7,
    "encoder_layer_norm_first": True,
    "num_codevector_groups": 3,
}


def original(config: ModelConfig) -> Any:
    """transformers' ``Wav2Vec2ForPreTraining`` of a config, made on torch's default device."""
    import_torchaudio_models()
    import transformers

    values = to_huggingface(config)
    return getattr(transformers, values["architectures"][0])(
        transformers.Wav2Vec2Config(**values, attn_implementation="sdpa")
    )


def by_our_names(state_dict: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """transformers' weights by our names, in our order."""
    read = translate_keys(state_dict, (KEYS,))
    assert read.dialect == "huggingface"
    assert read.unknown == ()
    assert read.extras == {}
    theirs = {part.name: name for name, part in read.ours.items()}
    return {name: state_dict[theirs[name]] for name in names}


class Renamed(nn.Module):
    """transformers' model, called as ours and with ours names of its weights.

    Args:
        model: Theirs.
        names: Ours of all weights.
    """

    def __init__(self, model: Any, names: list[str]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return by_our_names(self.model.state_dict(), self.names)

    def forward(self, waveforms: Tensor) -> tuple[Tensor, None]:
        return self.model(waveforms).projected_states, None


def on_meta(config: ModelConfig) -> Renamed:
    """The same on meta, on which transformers makes no codebook."""
    names = [name for name, _ in config.family.build(config).state_dict_shapes()]
    with torch.device("meta"):
        return Renamed(original(config).to("meta"), names)
