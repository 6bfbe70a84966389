"""The 24 fields of a w2v-BERT 2.0 config: those of conformer layers, of the features before and the adapter behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config import codes
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import MAX_FIELD, Agreement, Choice, Fault, Field, Flag, Integer, divides
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2
from w2v_explore.families.wav2vec2_conformer import fields as conformer

POSITIONS = Rule("E268", "bert-positions")
POSITIONS_ODD = Rule("E269", "bert-positions-odd")
ADAPTER_ACTIVATION = Rule("E273", "bert-adapter-activation")
ADAPTER_OFF = Rule("E271", "bert-adapter-off")
SIZES = Rule("E272", "bert-sizes")
DISTANCE_TABLE = Rule("W344", "bert-distance-table")

_MAX_ADAPTER_LAYERS = 100

_DISTANCES = {
    "encoder_positions": Field(
        kind=Choice(
            values=("none", "rotary", "relative", "relative_key"),
            synonyms={"shaw": "relative_key", "rel_pos": "relative", "rope": "rotary"},
            rule=POSITIONS,
        ),
        summary="How attention knows positions: relative_key adds to the scores the products of the queries with a "
        "vector for each distance up to encoder_max_left and encoder_max_right, relative those with a projected "
        "embedding of every distance, rotary turns the channels of each head by the frame's position, none knows no "
        "positions.",
        effect="relative_key adds to each layer (encoder_max_left + encoder_max_right + 1) × head_dim parameters, "
        "T² × encoder_embed_dim MACs for T frames, and a table of T² × head_dim numbers, once whatever the batch, "
        "which training keeps: 61 MiB a layer for 10 s of audio, and nine times that for 30 s.",
    ),
    "encoder_max_left": Field(
        kind=Integer(rule=SIZES, minimum=0),
        summary="With relative_key: the distance in frames to those before, from which on all share a vector.",
        effect="head_dim parameters in each layer for each frame; no MACs.",
    ),
    "encoder_max_right": Field(
        kind=Integer(rule=SIZES, minimum=0),
        summary="With relative_key: the distance in frames to those behind, from which on all share a vector.",
        effect="head_dim parameters in each layer for each frame; no MACs.",
    ),
}
_OTHERS = {
    "encoder_conv_kernel": conformer.FIELDS["encoder_conv_kernel"]._replace(
        summary="The kernel of the depthwise convolution in each layer, in frames; odd. It sees no later frame.",
    ),
    "encoder_num_heads": wav2vec2.FIELDS["encoder_num_heads"]._replace(
        summary="The attention heads of each layer and of each layer of the adapter; they divide the width of both.",
        effect="With relative_key the table of distances is of one head's width; else none on parameters or MACs.",
    ),
}
_ADAPTER = {
    "add_adapter": Field(
        kind=Flag(),
        summary="Whether strided convolutions with attention, the adapter, stand behind the encoder.",
        effect="Fewer frames come out: about one for each adapter_stride, for each layer of the adapter.",
    ),
    "adapter_num_layers": Field(
        kind=Integer(rule=SIZES, maximum=_MAX_ADAPTER_LAYERS),
        summary="The layers of the adapter.",
        effect="Two convolutions, attention and a feed-forward block for each, on ever fewer frames.",
    ),
    "adapter_kernel": Field(
        kind=Integer(rule=SIZES),
        summary="The kernel of the adapter's convolutions, in frames.",
        effect="4 × width² parameters in each layer of the adapter, and as many MACs for each frame that it puts out.",
    ),
    "adapter_stride": Field(
        kind=Integer(rule=SIZES),
        summary="The stride of the adapter's convolutions; half of it is their padding.",
        effect="Divides the frames from layer to layer of the adapter, and what they cost.",
    ),
    "adapter_embed_dim": Field(
        kind=Integer(rule=SIZES, optional="the width of the encoder"),
        summary="The width of the adapter, and so of the output; null for that of the encoder.",
        effect="The adapter grows with its square; one other than the encoder's adds a projection and a norm.",
    ),
    "adapter_activation": Field(
        kind=Choice(values=("relu", "gelu", "swish"), synonyms={"silu": "swish"}, rule=ADAPTER_ACTIVATION),
        summary="The activation of the adapter's feed-forward blocks.",
        effect="None on parameters or MACs.",
    ),
    "adapter_intermediate_ffn": Field(
        kind=Flag(),
        summary="Whether a feed-forward block with a residual, which counts half, stands between encoder and adapter.",
        effect="2 × encoder_embed_dim × encoder_ff_interm_features parameters, and as many MACs for each frame.",
    ),
}


def _fields() -> dict[str, Field]:
    """In the order in which what they are about runs."""
    others = {**wav2vec2.FIELDS, **conformer.FIELDS, **_OTHERS}
    taken = (
        "encoder_embed_dim", "encoder_projection_dropout", "encoder_num_layers", "encoder_num_heads",
        "encoder_positions", "encoder_attention_dropout", "encoder_ff_interm_features", "encoder_ff_interm_dropout",
        "encoder_conv_kernel", "encoder_conv_dropout", "encoder_activation", "encoder_dropout", "encoder_layer_drop",
        "aux_num_out",
    )  # fmt: skip
    fields = {
        "feature_channels": Field(
            kind=Integer(rule=SIZES),
            summary="The features of a frame that the model takes: the bands of the filterbank, for two windows.",
            effect="For each of them two parameters of a norm, and encoder_embed_dim more, and as many MACs per frame.",
        )
    }
    for name in taken:
        if name == "encoder_positions":
            fields |= _DISTANCES
        elif name == "aux_num_out":
            fields |= {**_ADAPTER, name: others[name]}
        else:
            fields[name] = others[name]
    return fields


FIELDS = _fields()


def _are_pairs(values: Mapping[str, Any]) -> bool:
    return bool(_width_of_pairs(values) % 2 == 0)


def _width_of_pairs(values: Mapping[str, Any]) -> int:
    """The numbers that hold a position, in pairs of a sine and a cosine; 0 where none does."""
    width, heads = values["encoder_embed_dim"], values["encoder_num_heads"]
    numbers: int = {"relative": width, "rotary": width // heads}.get(values["encoder_positions"], 0)
    return numbers


def _odd_width(values: Mapping[str, Any]) -> Fault:
    positions, width, heads = (values[name] for name in ("encoder_positions", "encoder_embed_dim", "encoder_num_heads"))
    what = f", so that each of {heads} heads has {width // heads} channels" if positions == "rotary" else ""
    even = "even number of times the heads" if positions == "rotary" else "even number"
    message = (
        f"encoder_embed_dim is {width}{what}; {positions} positions are pairs of a sine and a cosine: write an {even}"
    )
    return Fault(POSITIONS_ODD, "encoder_embed_dim", (), message, partner="encoder_positions")


def _adapter_fault(values: Mapping[str, Any]) -> Fault:
    message = (
        "adapter_intermediate_ffn is true, and there is no adapter; transformers refuses it: write add_adapter: true, "
        "or false here"
    )
    return Fault(ADAPTER_OFF, "adapter_intermediate_ffn", (), message, partner="add_adapter")


def _heads_divide_adapter(values: Mapping[str, Any]) -> bool:
    width = values["adapter_embed_dim"]
    return bool(not values["add_adapter"] or width is None or width % values["encoder_num_heads"] == 0)


def _adapter_heads_fault(values: Mapping[str, Any]) -> Fault:
    heads, width = values["encoder_num_heads"], values["adapter_embed_dim"]
    below = width // heads * heads
    instead = f"write {below} or {below + heads}, the nearest that they do" if below else f"write {heads}"
    message = f"adapter_embed_dim is {width}, which the {heads} heads do not divide; {instead}"
    return Fault(codes.HEADS_DIVIDE, "adapter_embed_dim", (), message, partner="encoder_num_heads")


def _is_in_reach(values: Mapping[str, Any]) -> bool:
    """Whether the frames that one that comes out needs, and those to the next, are numbers that the rest can count."""
    frames, stride = 1, values["adapter_stride"]
    layers = values["adapter_num_layers"] if values["add_adapter"] else 0
    for _ in range(layers):
        frames = max((frames - 1) * stride + values["adapter_kernel"] - 2 * (stride // 2), 1)
    return bool(max(frames, stride**layers) <= MAX_FIELD)


def _out_of_reach(values: Mapping[str, Any]) -> Fault:
    message = "with this adapter a frame that comes out needs more than 2^1000 frames of features, the most allowed"
    return Fault(codes.INT_TOO_BIG, "adapter_num_layers", (), message)


AGREEMENTS = (
    divides("encoder_num_heads", "encoder_embed_dim", codes.HEADS_DIVIDE, keeps_quotient=True),
    next(agreement for agreement in conformer.AGREEMENTS if agreement.fields == ("encoder_conv_kernel",)),
    Agreement(("encoder_positions", "encoder_embed_dim", "encoder_num_heads"), _are_pairs, _odd_width),
    Agreement(
        ("add_adapter", "adapter_intermediate_ffn"),
        lambda values: values["add_adapter"] or not values["adapter_intermediate_ffn"],
        _adapter_fault,
    ),
    Agreement(("add_adapter", "adapter_embed_dim", "encoder_num_heads"), _heads_divide_adapter, _adapter_heads_fault),
    Agreement(("add_adapter", "adapter_num_layers", "adapter_kernel", "adapter_stride"), _is_in_reach, _out_of_reach),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav2Vec2BertConfig(ModelConfig):
    """A w2v-BERT 2.0 architecture, as transformers' ``Wav2Vec2BertConfig`` has it; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    feature_channels: int
    encoder_embed_dim: int
    encoder_projection_dropout: float
    encoder_num_layers: int
    encoder_num_heads: int
    encoder_positions: str
    encoder_max_left: int
    encoder_max_right: int
    encoder_attention_dropout: float
    encoder_ff_interm_features: int
    encoder_ff_interm_dropout: float
    encoder_conv_kernel: int
    encoder_conv_dropout: float
    encoder_activation: str
    encoder_dropout: float
    encoder_layer_drop: float
    add_adapter: bool
    adapter_num_layers: int
    adapter_kernel: int
    adapter_stride: int
    adapter_embed_dim: int | None
    adapter_activation: str
    adapter_intermediate_ffn: bool
    aux_num_out: int | None
