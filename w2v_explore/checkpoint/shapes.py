"""What the shapes of a model's tensors tell of its config, and what they cannot.

They give every size. Strides, the number of heads, dropouts and the place of the norms leave no trace in a tensor: what
shapes tell is all that the names and shapes of a model depend on, and `shapes_of_sizes` gives them back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from w2v_explore.checkpoint.listing import Shape

_CONV = "feature_extractor.conv_layers"
_ENCODER = "encoder.transformer"
_DIRECTION = f"{_ENCODER}.pos_conv_embed.conv.parametrizations.weight.original1"
_PROJECTION = "encoder.feature_projection.projection.weight"
_INNER = f"{_ENCODER}.layers.0.feed_forward.intermediate_dense.weight"
_HEAD = "aux.weight"
_NORM = "layer_norm.weight"
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
    num_layers = _num_layers(shapes)
    if num_layers:
        tell("encoder_num_layers", num_layers, f"{_ENCODER}.layers.0–{num_layers - 1}")
    match shapes.get(_INNER):
        case (features, _):
            tell("encoder_ff_interm_features", features, _INNER)
    match shapes.get(_HEAD):
        case (outputs, _):
            tell("aux_num_out", outputs, _HEAD)
        case None if "aux.bias" not in shapes:
            tell("aux_num_out", None, "no head")
    return ShapeFindings(values=values, evidence=evidence, conv_sizes=conv_sizes)


_MAX_DIGITS = 9


def _num_layers(shapes: Iterable[str]) -> int:
    """One more than the last layer that a tensor is of."""
    numbers = (int(found[1]) for name in shapes if (found := _LAYER.match(name)) and len(found[1]) <= _MAX_DIGITS)
    return max(numbers, default=-1) + 1


def _conv_sizes(shapes: Mapping[str, Shape]) -> tuple[tuple[int, int], ...]:
    """Channels and kernel of the extractor's convolutions, up to the first that is absent or misshapen."""
    sizes: list[tuple[int, int]] = []
    while len(shape := shapes.get(f"{_CONV}.{len(sizes)}.conv.weight", ())) == 3:
        sizes.append((shape[0], shape[2]))
    return tuple(sizes)


# By our names, what each size of a weight is; a bias has the first. The names of one transformer layer stand for all.
_POSITIONAL = {
    "bias": ("embed_dim",),
    "parametrizations.weight.original0": ("one", "one", "pos_kernel"),
    "parametrizations.weight.original1": ("embed_dim", "group_dim", "pos_kernel"),
}
_LAYER_WEIGHTS = {
    **{f"attention.{part}": ("embed_dim", "embed_dim") for part in ("k_proj", "v_proj", "q_proj", "out_proj")},
    "layer_norm": ("embed_dim",),
    "feed_forward.intermediate_dense": ("features", "embed_dim"),
    "feed_forward.output_dense": ("embed_dim", "features"),
    "final_layer_norm": ("embed_dim",),
}


def shapes_of_sizes(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The tensors of the one model of the family that a set of tensors can be, in the sizes that most of it hangs on.

    That is what `w2v_explore.tree` gives for the config that `infer_from_shapes` tells, whatever the fields are
    that leave no trace. A size that no tensor tells is 1: what tells it is among the tensors that are missing.

    Args:
        shapes: By our names. More layers than tensors are not listed one by one: the names end with the last that can
            be there.
    """
    sizes = {"one": 1}
    expected = dict(_extractor_shapes(shapes, sizes))
    symbols = {
        f"encoder.feature_projection.{name}": symbol
        for module, weight in {"layer_norm": ("inputs",), "projection": ("embed_dim", "inputs")}.items()
        for name, symbol in _weight_and_bias(module, weight)
    }
    symbols |= {f"{_ENCODER}.pos_conv_embed.conv.{name}": symbol for name, symbol in _POSITIONAL.items()}
    symbols |= {f"{_ENCODER}.{name}": symbol for name, symbol in _weight_and_bias("layer_norm", ("embed_dim",))}
    for number in range(min(_num_layers(shapes), len(shapes))):
        for module, weight in _LAYER_WEIGHTS.items():
            for name, symbol in _weight_and_bias(module, weight):
                symbols[f"{_ENCODER}.layers.{number}.{name}"] = symbol
    if any(name.startswith("aux.") for name in shapes):
        symbols |= dict(_weight_and_bias("aux", ("outputs", "embed_dim")))
    for name, symbol in symbols.items():
        found = shapes.get(name, ())
        if len(found) == len(symbol):
            for key, size in zip(symbol, found, strict=True):
                sizes.setdefault(key, size)
    return expected | {name: tuple(sizes.get(key, 1) for key in symbol) for name, symbol in symbols.items()}


def _extractor_shapes(shapes: Mapping[str, Shape], sizes: dict[str, int]) -> Iterator[tuple[str, Shape]]:
    """The extractor's tensors; the channels of its last convolution become what the projection takes in."""
    convs = _conv_sizes(shapes)
    has_bias, each_normalises = f"{_CONV}.0.conv.bias" in shapes, f"{_CONV}.1.{_NORM}" in shapes
    inputs = 1
    for number, (channels, kernel) in enumerate(convs):
        yield f"{_CONV}.{number}.conv.weight", (channels, inputs, kernel)
        if has_bias:
            yield f"{_CONV}.{number}.conv.bias", (channels,)
        if number == 0 or each_normalises:
            yield from ((f"{_CONV}.{number}.layer_norm.{name}", (channels,)) for name in ("weight", "bias"))
        inputs = channels
    if convs:
        sizes["inputs"] = inputs


def _weight_and_bias(module: str, weight: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield f"{module}.weight", weight
    yield f"{module}.bias", weight[:1]
