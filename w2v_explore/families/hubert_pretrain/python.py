"""torchaudio's functions for HuBERT in pre-training."""

from __future__ import annotations

from typing import Protocol, cast

from w2v_explore.config.kinds import ConvLayer
from w2v_explore.families.hubert_pretrain.components import HuBERTPretrainModel
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.model.build import build_model
from w2v_explore.model.factories import factory_of


def hubert_pretrain_model(
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
    mask_prob: float,
    mask_selection: str,
    mask_other: float,
    mask_length: int,
    no_mask_overlap: bool,
    mask_min_space: int,
    mask_channel_prob: float,
    mask_channel_selection: str,
    mask_channel_other: float,
    mask_channel_length: int,
    no_mask_channel_overlap: bool,
    mask_channel_min_space: int,
    skip_masked: bool,
    skip_nomask: bool,
    num_classes: int,
    final_dim: int,
    feature_grad_mult: float | None,
) -> HuBERTPretrainModel:
    """A model from the arguments of ``torchaudio.models.hubert_pretrain_model``; docs/config.md says what each does.

    On torch's default device and in its default dtype, as in ``with torch.device("meta")``.

    Raises:
        ConfigError: An argument is wrong; all that is wrong is reported at once.
        DeviceError: The weights do not fit the free memory.
    """
    model = build_model(HuBERTPretrainConfig.from_mapping(locals()))
    assert isinstance(model, HuBERTPretrainModel)
    return model


class PretrainFactory(Protocol):
    """A function that builds one model for pre-training; its defaults are those of the model's preset."""

    def __call__(
        self,
        encoder_projection_dropout: float = ...,
        encoder_attention_dropout: float = ...,
        encoder_ff_interm_dropout: float = ...,
        encoder_dropout: float = ...,
        encoder_layer_drop: float = ...,
        mask_prob: float = ...,
        mask_channel_prob: float = ...,
        mask_channel_length: int = ...,
        feature_grad_mult: float | None = ...,
    ) -> HuBERTPretrainModel:
        """The model, in training mode, with the initial weights of pre-training."""


class BaseFactory(Protocol):
    """The same with the number of classes."""

    def __call__(
        self,
        encoder_projection_dropout: float = ...,
        encoder_attention_dropout: float = ...,
        encoder_ff_interm_dropout: float = ...,
        encoder_dropout: float = ...,
        encoder_layer_drop: float = ...,
        mask_prob: float = ...,
        mask_channel_prob: float = ...,
        mask_channel_length: int = ...,
        feature_grad_mult: float | None = ...,
        num_classes: int = ...,
    ) -> HuBERTPretrainModel:
        """The model, in training mode, with the initial weights of pre-training."""


_ARGUMENTS = (
    "encoder_projection_dropout", "encoder_attention_dropout", "encoder_ff_interm_dropout", "encoder_dropout",
    "encoder_layer_drop", "mask_prob", "mask_channel_prob", "mask_channel_length", "feature_grad_mult",
)  # fmt: skip

hubert_pretrain_base = cast(
    BaseFactory,
    factory_of((*_ARGUMENTS, "num_classes"), "hubert_pretrain_base", "hubert_pretrain_base", HuBERTPretrainModel),
)
hubert_pretrain_large = cast(
    PretrainFactory,
    factory_of(_ARGUMENTS, "hubert_pretrain_large", "hubert_pretrain_large", HuBERTPretrainModel),
)
hubert_pretrain_xlarge = cast(
    PretrainFactory,
    factory_of(_ARGUMENTS, "hubert_pretrain_xlarge", "hubert_pretrain_xlarge", HuBERTPretrainModel),
)
