"""The 16 fields of a wav2vec 2.0 config, the arguments of ``torchaudio.models.wav2vec2_model``, stated once.

Type, limits and meaning: validation, the JSON Schema, ``explain`` and docs/config.md are all made from `FIELDS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.config import codes
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import (
    MAX_ENCODER_LAYERS,
    STANDARD_CONV_LAYERS,
    Choice,
    ConvLayer,
    ConvLayers,
    Field,
    Flag,
    Integer,
    Probability,
    divides,
)

FIELDS: dict[str, Field] = {
    "extractor_mode": Field(
        kind=Choice(
            values=("group_norm", "layer_norm"),
            synonyms={"default": "group_norm", "group": "group_norm", "layer": "layer_norm"},
            rule=codes.EXTRACTOR_MODE,
        ),
        summary="How the convolutional feature extractor normalises: group_norm after its first layer only, "
        "or layer_norm after every layer.",
        effect="Two parameters per normalised channel; no MACs. group_norm takes its statistics over the whole "
        "utterance, so every frame depends on every sample, padding included.",
    ),
    "extractor_conv_layer_config": Field(
        kind=ConvLayers(),
        summary="The feature extractor's convolutions, first to last, each [channels, kernel, stride]; "
        "null for the seven of the paper.",
        effect="Sets the receptive field, the stride and so the number of frames that everything after it computes. "
        "A layer costs channels_in × channels_out × kernel MACs for each frame it puts out; early layers put out most.",
    ),
    "extractor_conv_bias": Field(
        kind=Flag(),
        summary="Whether the feature extractor's convolutions have a bias.",
        effect="One parameter per output channel; no MACs.",
    ),
    "encoder_embed_dim": Field(
        kind=Integer(rule=codes.EMBED_POSITIVE),
        summary="The width of the transformer: features per frame.",
        effect="Attention's four projections grow with its square, the feed-forward block in proportion, "
        "the positional convolution with its square over the number of groups.",
    ),
    "encoder_projection_dropout": Field(
        kind=Probability(),
        summary="Dropout on the features once they are projected to the transformer's width.",
        effect="Training only; no parameters, no MACs.",
    ),
    "encoder_pos_conv_kernel": Field(
        kind=Integer(rule=codes.POS_KERNEL, usual=128),
        summary="The kernel of the convolution that stands in for positional embeddings, in frames.",
        effect="Parameters and MACs in proportion. An even kernel computes one frame more than it keeps.",
    ),
    "encoder_pos_conv_groups": Field(
        kind=Integer(rule=codes.POS_GROUPS_DIVIDE, usual=16),
        summary="The groups of the positional convolution; they divide encoder_embed_dim.",
        effect="Divides the positional convolution's parameters and MACs: with 1, base gains 71 M parameters.",
    ),
    "encoder_num_layers": Field(
        kind=Integer(rule=codes.LAYERS_POSITIVE, maximum=MAX_ENCODER_LAYERS),
        summary="The number of transformer layers.",
        effect="The transformer's parameters and MACs in proportion.",
    ),
    "encoder_num_heads": Field(
        kind=Integer(rule=codes.HEADS_POSITIVE),
        summary="The attention heads of each transformer layer; they divide encoder_embed_dim.",
        effect="None on parameters or MACs; a small head (embed_dim / heads) makes attention slower.",
    ),
    "encoder_attention_dropout": Field(
        kind=Probability(),
        summary="Dropout on the attention weights, after the softmax.",
        effect="Training only; no parameters, no MACs.",
    ),
    "encoder_ff_interm_features": Field(
        kind=Integer(rule=codes.FF_POSITIVE, follows="encoder_embed_dim"),
        summary="The inner width of each transformer layer's feed-forward block.",
        effect="The block's two linear layers in proportion: 2 × encoder_embed_dim MACs per frame for each feature.",
    ),
    "encoder_ff_interm_dropout": Field(
        kind=Probability(),
        summary="Dropout inside the feed-forward block, after its activation.",
        effect="Training only; no parameters, no MACs.",
    ),
    "encoder_dropout": Field(
        kind=Probability(),
        summary="Dropout on the output of attention and of the feed-forward block, and before the first layer.",
        effect="Training only; no parameters, no MACs.",
    ),
    "encoder_layer_norm_first": Field(
        kind=Flag(),
        summary="Whether a transformer layer normalises its input (true, pre-norm) or its output (false, post-norm).",
        effect="None on parameters or MACs. Large and deep models train with true; published models pair it "
        "with extractor_mode layer_norm.",
    ),
    "encoder_layer_drop": Field(
        kind=Probability(),
        summary="The probability that a transformer layer is skipped in a training step (LayerDrop).",
        effect="Training only: expected cost falls in proportion; inference runs every layer.",
    ),
    "aux_num_out": Field(
        kind=Integer(rule=codes.AUX_POSITIVE, optional="no head"),
        summary="The outputs of a linear head on the transformer (the CTC vocabulary); null for none.",
        effect="encoder_embed_dim + 1 parameters and encoder_embed_dim MACs per frame for each output.",
    ),
}

AGREEMENTS = (
    divides("encoder_pos_conv_groups", "encoder_embed_dim", codes.POS_GROUPS_DIVIDE),
    divides("encoder_num_heads", "encoder_embed_dim", codes.HEADS_DIVIDE, keeps_quotient=True),
)


# No config is an instance of it: methods that `dataclass` writes for instances would cost each start of the program.
@dataclass(init=False, repr=False, eq=False, frozen=True, slots=True, kw_only=True)
class EncoderConfig(ModelConfig):
    """The 15 fields that wav2vec 2.0 has with a head and in pre-training: all but ``aux_num_out``."""

    extractor_mode: str
    extractor_conv_layer_config: tuple[ConvLayer, ...] | None
    extractor_conv_bias: bool
    encoder_embed_dim: int
    encoder_projection_dropout: float
    encoder_pos_conv_kernel: int
    encoder_pos_conv_groups: int
    encoder_num_layers: int
    encoder_num_heads: int
    encoder_attention_dropout: float
    encoder_ff_interm_features: int
    encoder_ff_interm_dropout: float
    encoder_dropout: float
    encoder_layer_norm_first: bool
    encoder_layer_drop: float

    @property
    def conv_layers(self) -> tuple[ConvLayer, ...]:
        """The extractor's ``(channels, kernel, stride)`` layers, with null resolved to the standard seven."""
        return STANDARD_CONV_LAYERS if self.extractor_conv_layer_config is None else self.extractor_conv_layer_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav2Vec2Config(EncoderConfig):
    """A wav2vec 2.0 architecture, as ``torchaudio.models.wav2vec2_model`` takes it; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    aux_num_out: int | None
