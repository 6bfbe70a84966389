"""The 20 fields of a wav2vec 2.0 Conformer config: wav2vec 2.0's 16, and those of its layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config.kinds import Agreement, Choice, Fault, Field, Integer, Probability
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

POSITIONS = Rule("E263", "conformer-positions")
ACTIVATION = Rule("E264", "conformer-activation")
CONV_KERNEL = Rule("E265", "conformer-conv-kernel")
POSITIONS_ODD = Rule("E266", "conformer-positions-odd")
POS_CONV_DEAD = Rule("A444", "conformer-pos-conv-dead")
POSITIONS_COST = Rule("A443", "conformer-positions-cost")
PADDING = Rule("A445", "conformer-padding")

_POSITIONS_FIELD = Field(
    kind=Choice(
        values=("relative", "rotary", "none"), synonyms={"rel_pos": "relative", "rope": "rotary"}, rule=POSITIONS
    ),
    summary="How attention knows positions: relative adds the products of queries with projected distances of frames "
    "to the scores, rotary turns the channels of each head by the frame's position, none knows no positions.",
    effect="relative adds to each layer encoder_embed_dim² + 2 × encoder_embed_dim parameters and, for T frames, "
    "(2T - 1) × encoder_embed_dim² MACs once whatever the batch, T × (2T - 1) × encoder_embed_dim for each utterance, "
    "and a bias for each head and pair of frames. rotary and none cost nothing of that.",
)
_CONV = {
    "encoder_conv_kernel": Field(
        kind=Integer(rule=CONV_KERNEL),
        summary="The kernel of the depthwise convolution in each layer, in frames; odd.",
        effect="encoder_embed_dim parameters, and as many MACs per frame, for each frame of it.",
    ),
    "encoder_conv_dropout": Field(
        kind=Probability(),
        summary="Dropout on the output of the convolution module of each layer.",
        effect="Training only; no parameters, no MACs.",
    ),
    "encoder_activation": Field(
        kind=Choice(values=("swish", "gelu"), synonyms={"silu": "swish"}, rule=ACTIVATION),
        summary="The activation of the feed-forward blocks and of the convolution module; every published model "
        "has swish.",
        effect="None on parameters or MACs.",
    ),
}
_OTHERS = {
    "encoder_embed_dim": wav2vec2.FIELDS["encoder_embed_dim"]._replace(
        effect="Attention's four projections, five with relative positions, and the convolution module's two grow "
        "with its square, the feed-forward blocks in proportion."
    ),
    "encoder_pos_conv_kernel": wav2vec2.FIELDS["encoder_pos_conv_kernel"]._replace(
        summary="The kernel of the positional convolution, which every model holds and none runs.",
        effect="Parameters in proportion; no MACs.",
    ),
    "encoder_pos_conv_groups": wav2vec2.FIELDS["encoder_pos_conv_groups"]._replace(
        summary="The groups of the positional convolution, which is never run; they divide encoder_embed_dim.",
        effect="Divides the positional convolution's parameters: with 1, base gains 71 M that do nothing.",
    ),
    "encoder_attention_dropout": wav2vec2.FIELDS["encoder_attention_dropout"]._replace(
        summary="Dropout on the attention weights, after the softmax, and on the output of attention."
    ),
    "encoder_ff_interm_features": wav2vec2.FIELDS["encoder_ff_interm_features"]._replace(
        summary="The inner width of both feed-forward blocks of each layer.",
        effect="The blocks' four linear layers in proportion: 4 × encoder_embed_dim MACs per frame for each feature.",
    ),
    "encoder_ff_interm_dropout": wav2vec2.FIELDS["encoder_ff_interm_dropout"]._replace(
        summary="Dropout inside the feed-forward blocks, after their activation."
    ),
    "encoder_dropout": wav2vec2.FIELDS["encoder_dropout"]._replace(
        summary="Dropout on the output of the feed-forward blocks, and before the first layer."
    ),
    "encoder_layer_norm_first": wav2vec2.FIELDS["encoder_layer_norm_first"]._replace(
        summary="Whether the encoder's own norm comes behind its layers (true) or before them (false). Its layers "
        "normalise what each of their blocks takes, and what they give, in either case.",
        effect="None on parameters or MACs. transformers has true alone; fairseq's base model has false.",
    ),
}


def _fields() -> dict[str, Field]:
    """In the order of wav2vec 2.0's, each further one behind those that it goes with."""
    fields: dict[str, Field] = {}
    for name, field in wav2vec2.FIELDS.items():
        fields[name] = _OTHERS.get(name, field)
        if name == "encoder_num_heads":
            fields["encoder_positions"] = _POSITIONS_FIELD
        elif name == "encoder_ff_interm_dropout":
            fields |= _CONV
    return fields


FIELDS = _fields()


def _is_odd(values: Mapping[str, Any]) -> bool:
    return bool(values["encoder_conv_kernel"] % 2 == 1)


def _even_kernel(values: Mapping[str, Any]) -> Fault:
    kernel = values["encoder_conv_kernel"]
    message = (
        f"encoder_conv_kernel is {kernel}, and only an odd kernel gives as many frames as it takes; write {kernel - 1} "
        f"or {kernel + 1}"
    )
    return Fault(CONV_KERNEL, "encoder_conv_kernel", (), message)


def _width_of_positions(values: Mapping[str, Any]) -> int:
    """The numbers that hold a position: a sine and a cosine for each two of them."""
    positions, width = values["encoder_positions"], values["encoder_embed_dim"]
    if positions == "none":
        return 0
    numbers: int = width // values["encoder_num_heads"] if positions == "rotary" else width
    return numbers


def _are_pairs(values: Mapping[str, Any]) -> bool:
    return _width_of_positions(values) % 2 == 0


def _odd_width(values: Mapping[str, Any]) -> Fault:
    positions, width, heads = (values[name] for name in ("encoder_positions", "encoder_embed_dim", "encoder_num_heads"))
    if positions == "rotary":
        message = (
            f"encoder_embed_dim is {width} and encoder_num_heads {heads}, so that heads are {width // heads} wide; "
            "rotary positions turn pairs of channels: write a width that is an even multiple of the heads"
        )
    else:
        message = (
            f"encoder_embed_dim is {width}; relative positions are pairs of a sine and a cosine: write an even number"
        )
    return Fault(POSITIONS_ODD, "encoder_embed_dim", (), message, partner="encoder_positions")


AGREEMENTS = (
    *wav2vec2.AGREEMENTS,
    Agreement(("encoder_conv_kernel",), _is_odd, _even_kernel),
    Agreement(("encoder_positions", "encoder_embed_dim", "encoder_num_heads"), _are_pairs, _odd_width),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav2Vec2ConformerConfig(wav2vec2.Wav2Vec2Config):
    """A wav2vec 2.0 Conformer architecture; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    encoder_positions: str
    encoder_conv_kernel: int
    encoder_conv_dropout: float
    encoder_activation: str
