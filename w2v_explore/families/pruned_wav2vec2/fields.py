"""The 20 fields of a pruned wav2vec 2.0 config: those of ``wav2vec2_model`` in DPHuBERT's repository, and one of ours.

Lists have a value for each transformer layer. DPHuBERT's arguments that say what is to be pruned are no fields: they
are about training; nor is ``normalize_waveform``, which is about waveforms before the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config import codes
from w2v_explore.config.kinds import (
    Agreement,
    Fault,
    Field,
    Flag,
    Integer,
    PerLayer,
    counts,
)
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

LAYER_LIST = Rule("E253", "layer-list")
LAYER_WIDTH = Rule("E254", "layer-width")
INNER_MULTIPLE_OF_8 = Rule("A442", "inner-multiple-of-8")

_OWN = {
    "encoder_use_attention": Field(
        kind=PerLayer(Flag(), LAYER_LIST),
        summary="Whether each transformer layer has its attention; a layer that has none keeps both norms.",
        effect="A layer without it saves attention's four projections and both of its products.",
    ),
    "encoder_use_feed_forward": Field(
        kind=PerLayer(Flag(), LAYER_LIST),
        summary="Whether each transformer layer has its feed-forward block; a layer that has none keeps both norms.",
        effect="A layer without it saves the block's two linear layers.",
    ),
    "encoder_num_heads": Field(
        kind=PerLayer(Integer(rule=LAYER_WIDTH, minimum=0), LAYER_LIST),
        summary="The attention heads of each transformer layer, each encoder_head_dim wide; they need not divide "
        "encoder_embed_dim. A layer without attention may say 0.",
        effect="Attention's projections and products in proportion: 4 × encoder_embed_dim × encoder_head_dim "
        "parameters and as many MACs per frame for each head, and two products with all frames.",
    ),
    "encoder_head_dim": Field(
        kind=Integer(rule=codes.HEADS_POSITIVE),
        summary="The width of every attention head.",
        effect="Attention's projections and products in proportion.",
    ),
    "encoder_ff_interm_features": Field(
        kind=PerLayer(Integer(rule=LAYER_WIDTH, minimum=0), LAYER_LIST),
        summary="The inner width of each transformer layer's feed-forward block. A layer without one may say 0.",
        effect="The block's two linear layers in proportion: 2 × encoder_embed_dim MACs per frame for each feature.",
    ),
}

_SCALE = Field(
    kind=Flag(),
    summary="Whether each channel that the extractor gives is multiplied by a number of its own, as in DPHuBERT, which "
    "calls them dummy_weight: what is left of the masks that pruned the channels. They are not trained.",
    effect="One parameter per channel of the last convolution; no MACs.",
)


def _fields() -> dict[str, Field]:
    """In the order of DPHuBERT's arguments."""
    fields: dict[str, Field] = {}
    for name, field in wav2vec2.FIELDS.items():
        if name == "encoder_num_heads":
            fields |= {own: _OWN[own] for own in ("encoder_use_attention", "encoder_use_feed_forward")}
            fields |= {own: _OWN[own] for own in ("encoder_num_heads", "encoder_head_dim")}
        else:
            fields[name] = _OWN.get(name, field)
        if name == "extractor_conv_bias":
            fields["extractor_channel_scale"] = _SCALE
    return fields


FIELDS = _fields()


def _has_widths(uses: str, widths: str, what: str) -> Agreement:
    """The agreement that each layer that has a block says how wide it is."""

    def wrong(values: Mapping[str, Any]) -> list[int]:
        pairs = zip(values[uses], values[widths], strict=False)
        return [layer for layer, (has, width) in enumerate(pairs) if has and not width]

    def fault(values: Mapping[str, Any]) -> Fault:
        layer = wrong(values)[0]
        message = f"{widths}[{layer}] is 0, and {uses}[{layer}] is true; write how many {what} the layer has, or false"
        return Fault(LAYER_WIDTH, widths, (layer,), message, partner=uses)

    return Agreement((uses, widths), lambda values: not wrong(values), fault)


_LISTS = ("encoder_use_attention", "encoder_use_feed_forward", "encoder_num_heads", "encoder_ff_interm_features")

AGREEMENTS = (
    *[agreement for agreement in wav2vec2.AGREEMENTS if "encoder_num_heads" not in agreement.fields],
    *[counts("encoder_num_layers", name, LAYER_LIST) for name in _LISTS],
    _has_widths("encoder_use_attention", "encoder_num_heads", "heads"),
    _has_widths("encoder_use_feed_forward", "encoder_ff_interm_features", "inner features"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedConfig(wav2vec2.Wav2Vec2Config):
    """A wav2vec 2.0 whose layers have widths of their own, as DPHuBERT's; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    extractor_channel_scale: bool
    encoder_use_attention: tuple[bool, ...]
    encoder_use_feed_forward: tuple[bool, ...]
    # What is one number there is one for each layer here.
    encoder_num_heads: tuple[int, ...]  # type: ignore[assignment]
    encoder_head_dim: int
    encoder_ff_interm_features: tuple[int, ...]  # type: ignore[assignment]
