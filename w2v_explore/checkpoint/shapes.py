"""What the shapes of a model's tensors tell of its config, and what they cannot.

They give every size. Strides, the number of heads, dropouts and the place of the norms leave no trace in a tensor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2v_explore.checkpoint.listing import Shape

_CONV = "feature_extractor.conv_layers"
_ENCODER = "encoder.transformer"
_DIRECTION = f"{_ENCODER}.pos_conv_embed.conv.parametrizations.weight.original1"
_PROJECTION = "encoder.feature_projection.projection.weight"
_INNER = f"{_ENCODER}.layers.0.feed_forward.intermediate_dense.weight"
_HEAD = "aux.weight"
_LAYER = re.compile(rf"{re.escape(_ENCODER)}\.layers\.([0-9]+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFindings:
    """What shapes tell.

    Attributes:
        values: Of the 16 fields, those that shapes tell.
        evidence: Our names of the tensors that tell each.
        conv_sizes: Channels and kernel of each of the extractor's convolutions; their strides are not told.
    """

    values: Mapping[str, Any]
    evidence: Mapping[str, str]
    conv_sizes: tuple[tuple[int, int], ...]


def infer_from_shapes(shapes: Mapping[str, Shape]) -> ShapeFindings:
    """The fields that the shapes of a model's tensors tell; a tensor that is absent or misshapen tells none.

    Args:
        shapes: By our names.
    """
    values: dict[str, Any] = {}
    evidence: dict[str, str] = {}

    def tell(field: str, value: Any, name: str) -> None:
        values[field], evidence[field] = value, name

    conv_sizes = _conv_sizes(shapes)
    if conv_sizes:
        each_normalises = f"{_CONV}.1.layer_norm.weight" in shapes
        if len(conv_sizes) > 1 and f"{_CONV}.0.layer_norm.weight" in shapes:
            tell("extractor_mode", "layer_norm" if each_normalises else "group_norm", f"{_CONV}.*.layer_norm")
        tell("extractor_conv_bias", f"{_CONV}.0.conv.bias" in shapes, f"{_CONV}.*.conv.bias")
    match shapes.get(_DIRECTION):
        case (embed_dim, group_dim, kernel):
            tell("encoder_embed_dim", embed_dim, _DIRECTION)
            tell("encoder_pos_conv_kernel", kernel, _DIRECTION)
            if group_dim and embed_dim % group_dim == 0:
                tell("encoder_pos_conv_groups", embed_dim // group_dim, _DIRECTION)
    match shapes.get(_PROJECTION):
        case (embed_dim, _):
            tell("encoder_embed_dim", embed_dim, _PROJECTION)
    layers = {int(found[1]) for name in shapes if (found := _LAYER.match(name)) and len(found[1]) <= _MAX_DIGITS}
    if layers:
        tell("encoder_num_layers", max(layers) + 1, f"{_ENCODER}.layers.0–{max(layers)}")
    match shapes.get(_INNER):
        case (features, _):
            tell("encoder_ff_interm_features", features, _INNER)
    match shapes.get(_HEAD):
        case (outputs, _):
            tell("aux_num_out", outputs, _HEAD)
        case None:
            tell("aux_num_out", None, "no head")
    return ShapeFindings(values=values, evidence=evidence, conv_sizes=conv_sizes)


_MAX_DIGITS = 9


def _conv_sizes(shapes: Mapping[str, Shape]) -> tuple[tuple[int, int], ...]:
    """Channels and kernel of the extractor's convolutions, up to the first that is absent or misshapen."""
    sizes: list[tuple[int, int]] = []
    while len(shape := shapes.get(f"{_CONV}.{len(sizes)}.conv.weight", ())) == 3:
        sizes.append((shape[0], shape[2]))
    return tuple(sizes)
