"""The 15 fields of a data2vec audio config: wav2vec 2.0's, but that norms are of one kind and in one order.

transformers' ``Data2VecAudioConfig`` has no field for the extractor's norm, which is always a layer norm, nor for the
order of norms in the transformer, which is always post-norm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.config import codes
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, ConvLayer, Field, Integer
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

POS_DEPTH = Rule("E245", "pos-depth")
POS_DEPTH_LARGE = Rule("W341", "pos-depth-large")

MAX_POS_CONV_DEPTH = 1000

_OWN = {
    "encoder_pos_conv_depth": Field(
        kind=Integer(rule=POS_DEPTH, maximum=MAX_POS_CONV_DEPTH, usual=5),
        summary="The number of positional convolutions, one behind the other; each has a layer norm without parameters "
        "and a GELU behind it.",
        effect="The positional convolutions' parameters and MACs in proportion. A frame sees 1 + "
        "encoder_pos_conv_depth × (encoder_pos_conv_kernel - 1) frames through them.",
    ),
    "encoder_pos_conv_kernel": Field(
        kind=Integer(rule=codes.POS_KERNEL, usual=19),
        summary="The kernel of each positional convolution, in frames.",
        effect="Parameters and MACs in proportion. An even kernel computes one frame more than it keeps.",
    ),
    "encoder_pos_conv_groups": Field(
        kind=Integer(rule=codes.POS_GROUPS_DIVIDE, usual=16),
        summary="The groups of each positional convolution; they divide encoder_embed_dim.",
        effect="Divides the positional convolutions' parameters and MACs: with 1, base gains 53 M parameters.",
    ),
}

_ABSENT = ("extractor_mode", "encoder_layer_norm_first")


def _fields() -> dict[str, Field]:
    """In the order of wav2vec 2.0's, the depth before the kernel."""
    fields: dict[str, Field] = {}
    for name, field in wav2vec2.FIELDS.items():
        if name == "encoder_pos_conv_kernel":
            fields |= _OWN
        elif name not in (*_OWN, *_ABSENT):
            fields[name] = field
    return fields


FIELDS = _fields()

AGREEMENTS = wav2vec2.AGREEMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Data2VecAudioConfig(ModelConfig):
    """A data2vec audio architecture; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    extractor_conv_layer_config: tuple[ConvLayer, ...] | None
    extractor_conv_bias: bool
    encoder_embed_dim: int
    encoder_projection_dropout: float
    encoder_pos_conv_depth: int
    encoder_pos_conv_kernel: int
    encoder_pos_conv_groups: int
    encoder_num_layers: int
    encoder_num_heads: int
    encoder_attention_dropout: float
    encoder_ff_interm_features: int
    encoder_ff_interm_dropout: float
    encoder_dropout: float
    encoder_layer_drop: float
    aux_num_out: int | None

    @property
    def conv_layers(self) -> tuple[ConvLayer, ...]:
        """The extractor's ``(channels, kernel, stride)`` layers, with null resolved to the standard seven."""
        return STANDARD_CONV_LAYERS if self.extractor_conv_layer_config is None else self.extractor_conv_layer_config

    @property
    def extractor_mode(self) -> str:
        """The extractor has a layer norm behind each convolution."""
        return "layer_norm"

    @property
    def encoder_layer_norm_first(self) -> bool:
        """Transformer layers normalise their outputs."""
        return False
