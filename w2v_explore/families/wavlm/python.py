"""torchaudio's functions for WavLM."""

from __future__ import annotations

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.wav2vec2.components import Wav2Vec2Model
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.model.build import build_model
from w2v_explore.model.factories import factory


def wavlm_model(
    extractor_mode: str,
    extractor_conv_layer_config: list[ConvLayer] | None,
    extractor_conv_bias: bool,
    encoder_embed_dim: int,
    encoder_projection_dropout: float,
    encoder_pos_conv_kernel: int,
    encoder_pos_conv_groups: int,
    encoder_num_layers: int,
    encoder_num_heads: int,
    encoder_num_buckets: int,
    encoder_max_distance: int,
    encoder_attention_dropout: float,
    encoder_ff_interm_features: int,
    encoder_ff_interm_dropout: float,
    encoder_dropout: float,
    encoder_layer_norm_first: bool,
    encoder_layer_drop: float,
    aux_num_out: int | None,
) -> Wav2Vec2Model:
    """A model from the arguments of ``torchaudio.models.wavlm_model``; docs/config.md says what each does.

    It takes ``lengths``, with which torchaudio's raises, and computes with them what transformers computes with a mask.
    On torch's default device and in its default dtype, as in ``with torch.device("meta")``.

    Raises:
        ConfigError: An argument is wrong; all that is wrong is reported at once.
        DeviceError: The weights do not fit the free memory.
    """
    model = build_model(WavLMConfig.from_mapping(locals()))
    assert isinstance(model, Wav2Vec2Model)
    return model


# torchaudio's functions have other dropouts than its bundles, whose values the presets are.
wavlm_base = factory("wavlm_base", "wavlm_base", Wav2Vec2Model, encoder_ff_interm_dropout=0.1, encoder_layer_drop=0.1)
wavlm_large = factory("wavlm_large", "wavlm_large", Wav2Vec2Model, encoder_layer_drop=0.1)
