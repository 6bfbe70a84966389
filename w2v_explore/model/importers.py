"""Models of transformers and of fairseq made ours; neither library is imported."""

from __future__ import annotations

from typing import Any

from torch import nn

from w2v_explore.config.load import config_from_mapping
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.errors import CheckpointError
from w2v_explore.model.components import Wav2Vec2Model
from w2v_explore.model.weights import model_with_weights


def import_huggingface_model(original: nn.Module) -> Wav2Vec2Model:
    """A model of transformers made ours, with its weights; in training mode, on the CPU, in float32.

    The counterpart of ``torchaudio.models.wav2vec2.utils.import_huggingface_model``, which knows no head but that of
    ``Wav2Vec2ForCTC``, and also takes ``WavLMModel``, whose position bias has no place in our model.

    Args:
        original: Any class of the Wav2Vec2, Hubert, UniSpeech and UniSpeechSat families. The ``lm_head`` of a
            ``*ForCTC`` becomes the head; other heads are left out, with a warning.

    Raises:
        CheckpointError: It is no model of transformers, or its weights are not those of its config.
        ConfigError: Its config says what changes the architecture, as adapters do, and has no place in ours.

    Warns:
        UnusedWeightsWarning: Some weights have no place in the model.
    """
    name = type(original).__name__
    to_dict = getattr(getattr(original, "config", None), "to_dict", None)
    if to_dict is None:
        raise CheckpointError(f"{name} is no model of transformers: it has no config")
    head = "ForCTC" if hasattr(original, "lm_head") else "Model"
    values = {**to_dict(), "architectures": [f"Wav2Vec2{head}"]}
    config = config_from_mapping(values, f"{name}.config", "huggingface").model
    model = model_with_weights(config, original.state_dict(), name)
    assert isinstance(model, Wav2Vec2Model)
    return model


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


def _fairseq_config(model: Any, num_out: int | None) -> ModelConfig:
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
    return ModelConfig(
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
