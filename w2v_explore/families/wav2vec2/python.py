"""torchaudio's functions for wav2vec 2.0 and HuBERT, and the importer of fairseq's models, which is not imported."""

from __future__ import annotations

from typing import Any

from torch import nn

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.errors import CheckpointError
from w2v_explore.families.wav2vec2.components import Wav2Vec2Model
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config
from w2v_explore.model.build import build_model
from w2v_explore.model.factories import factory
from w2v_explore.model.weights import model_with_weights


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
    model = build_model(Wav2Vec2Config.from_mapping(locals()))
    assert isinstance(model, Wav2Vec2Model)
    return model


wav2vec2_base = factory("wav2vec2_base", "base", Wav2Vec2Model)
wav2vec2_large = factory("wav2vec2_large", "large", Wav2Vec2Model)
wav2vec2_large_lv60k = factory("wav2vec2_large_lv60k", "large_lv60k", Wav2Vec2Model)
wav2vec2_xlsr_300m = factory("wav2vec2_xlsr_300m", "xlsr_300m", Wav2Vec2Model)
wav2vec2_xlsr_1b = factory("wav2vec2_xlsr_1b", "xlsr_1b", Wav2Vec2Model)
wav2vec2_xlsr_2b = factory("wav2vec2_xlsr_2b", "xlsr_2b", Wav2Vec2Model)
hubert_base = factory("hubert_base", "hubert_base", Wav2Vec2Model)
hubert_large = factory("hubert_large", "hubert_large", Wav2Vec2Model)
hubert_xlarge = factory("hubert_xlarge", "hubert_xlarge", Wav2Vec2Model)


def import_fairseq_model(original: nn.Module) -> Wav2Vec2Model:
    """A model of fairseq made ours, with its weights; in training mode, on the CPU, in float32.

    The counterpart of ``torchaudio.models.wav2vec2.utils.import_fairseq_model``.

    Args:
        original: A ``Wav2Vec2Model`` or ``HubertModel``; a fine-tuned ``Wav2VecEncoder`` or ``HubertEncoder``, whose
            ``proj`` becomes the head; or the ``Wav2VecCtc`` or ``HubertCtc`` that holds one.

    Raises:
        CheckpointError: It is none of these, or computes what our model does not.

    Warns:
        UnusedWeightsWarning: Some weights have no place in the model.
    """
    name = type(original).__name__
    encoder: Any = getattr(original, "w2v_encoder", original)
    model: Any = getattr(encoder, "w2v_model", encoder)
    head = getattr(encoder, "proj", None) if model is not encoder else None
    try:
        config = _fairseq_config(model, None if head is None else head.out_features)
    except (AttributeError, IndexError, TypeError) as error:
        raise CheckpointError(
            f"{name} is not built as fairseq's Wav2Vec2Model, HubertModel, Wav2VecEncoder or HubertEncoder: {error}"
        ) from error
    imported = model_with_weights(config, original.state_dict(), name)
    assert isinstance(imported, Wav2Vec2Model)
    return imported


def _fairseq_config(model: Any, num_out: int | None) -> Wav2Vec2Config:
    """The config of the modules that a fairseq model is built of."""
    convs = [block[0] for block in model.feature_extractor.conv_layers]
    first_norm = model.feature_extractor.conv_layers[0][2]
    layer = model.encoder.layers[0]
    activation = getattr(layer.activation_fn, "__name__", type(layer.activation_fn).__name__)
    if activation.lower() != "gelu":
        raise CheckpointError(f"the feed-forward blocks have the activation {activation}; ours have gelu")
    if model.post_extract_proj is None:
        raise CheckpointError(
            "fairseq has no projection where the last convolution is as wide as the encoder; ours has one always"
        )
    return Wav2Vec2Config(
        extractor_mode="group_norm" if isinstance(first_norm, nn.GroupNorm) else "layer_norm",
        extractor_conv_layer_config=tuple((conv.out_channels, conv.kernel_size[0], conv.stride[0]) for conv in convs),
        extractor_conv_bias=convs[0].bias is not None,
        encoder_embed_dim=model.post_extract_proj.out_features,
        encoder_projection_dropout=model.dropout_input.p,
        encoder_pos_conv_kernel=model.encoder.pos_conv[0].kernel_size[0],
        encoder_pos_conv_groups=model.encoder.pos_conv[0].groups,
        encoder_num_layers=len(model.encoder.layers),
        encoder_num_heads=layer.self_attn.num_heads,
        encoder_attention_dropout=layer.self_attn.dropout_module.p,
        encoder_ff_interm_features=layer.fc1.out_features,
        encoder_ff_interm_dropout=layer.dropout2.p,
        encoder_dropout=layer.dropout3.p,
        encoder_layer_norm_first=model.encoder.layer_norm_first,
        encoder_layer_drop=model.encoder.layerdrop,
        aux_num_out=num_out,
    )
