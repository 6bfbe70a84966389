"""The 13 fields of an omniASR config: those of wav2vec 2.0 that transformers' ``OmniASRAudioConfig`` leaves open.

Its extractor has a layer norm after every convolution, its layers normalise their input, and nothing is dropped of the
projected features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, Agreement, ConvLayer, Fault, Field
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

POS_KERNEL_ODD = Rule("E290", "pos-kernel-odd")

FIXED = ("extractor_mode", "encoder_projection_dropout", "encoder_layer_norm_first")
"""The fields of wav2vec 2.0 that are no choice here."""

FIELDS = {
    **{name: field for name, field in wav2vec2.FIELDS.items() if name not in FIXED},
    "encoder_pos_conv_kernel": wav2vec2.FIELDS["encoder_pos_conv_kernel"]._replace(
        summary="The kernel of the convolution that stands in for positional embeddings, in frames; an even number.",
        effect="Parameters and MACs in proportion. It computes one frame more than it keeps.",
    ),
    "encoder_dropout": wav2vec2.FIELDS["encoder_dropout"]._replace(
        summary="Dropout on the output of attention, on that of the feed-forward block, twice in a row, and on the "
        "encoder's.",
    ),
}


def _odd(values: Mapping[str, Any]) -> Fault:
    kernel = values["encoder_pos_conv_kernel"]
    below = f"{kernel - 1} or " if kernel > 1 else ""
    message = (
        f"encoder_pos_conv_kernel is {kernel}, an odd number: the model always drops the one frame that an even kernel "
        f"puts out beyond its input; write {below}{kernel + 1}"
    )
    return Fault(POS_KERNEL_ODD, "encoder_pos_conv_kernel", (), message)


AGREEMENTS = (
    *wav2vec2.AGREEMENTS,
    Agreement(("encoder_pos_conv_kernel",), lambda values: values["encoder_pos_conv_kernel"] % 2 == 0, _odd),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OmniASRConfig(ModelConfig):
    """An omniASR encoder, with a CTC head or without; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    extractor_conv_layer_config: tuple[ConvLayer, ...] | None
    extractor_conv_bias: bool
    encoder_embed_dim: int
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
        """How the extractor normalises: always after every convolution."""
        return "layer_norm"
