"""Building a model: from a config onto a device, or with the arguments of torchaudio's functions."""

from __future__ import annotations

import torch

from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.kinds import ConvLayer
from w2v_explore.config.load import Config, as_config
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.model.components import MODULES, Wav2Vec2Model
from w2v_explore.model.device import require_memory
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.model.modules import SpeechEncoder


def build_model(
    config: Config | ModelConfig, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
) -> SpeechEncoder:
    """The model of a config, in training mode, with torch's default initial weights.

    Args:
        config: The architecture.
        device: Where the weights are made; ``meta`` makes shapes only. By default torch's default device.
        dtype: Of the weights; by default torch's default dtype.

    Raises:
        DeviceError: The device has less free memory than the weights need; nothing was allocated.
        TypeError: The config is none.
    """
    model_config = as_config(config).model
    tree = build_architecture(model_config)
    device = torch.get_default_device() if device is None else torch.device(device)
    dtype = dtype or torch.get_default_dtype()
    require_memory(device, tree.parameters * dtype.itemsize, "the weights")
    model = materialize(tree, modules_of(model_config), device=device, dtype=dtype)
    assert isinstance(model, SpeechEncoder)
    return model


def modules_of(config: ModelConfig) -> Modules:
    """The classes of modules of a config's family, for `materialize`."""
    return MODULES


def wav2vec2_model(
    extractor_mode: str,
    extractor_conv_layer_config: list[ConvLayer] | None,
    extractor_conv_bias: bool,
    encoder_embed_dim: int,
    encoder_projection_dropout: float,
    encoder_pos_conv_kernel: int,
    encoder_pos_conv_groups: int,
    encoder_num_layers: int,
    encoder_num_heads: int,
    encoder_attention_dropout: float,
    encoder_ff_interm_features: int,
    encoder_ff_interm_dropout: float,
    encoder_dropout: float,
    encoder_layer_norm_first: bool,
    encoder_layer_drop: float,
    aux_num_out: int | None,
) -> Wav2Vec2Model:
    """A model from the arguments of ``torchaudio.models.wav2vec2_model``; docs/config.md says what each does.

    On torch's default device and in its default dtype, as in ``with torch.device("meta")``.

    Raises:
        ConfigError: An argument is wrong; all that is wrong is reported at once.
        DeviceError: The weights do not fit the free memory.
    """
    model = build_model(ModelConfig.from_mapping(locals()))
    assert isinstance(model, Wav2Vec2Model)
    return model
