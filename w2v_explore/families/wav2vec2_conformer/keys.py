"""What Hugging Face and fairseq call the weights of conformers, and what their shapes tell.

Ours are transformers', of ``Wav2Vec2ConformerModel``.
"""

import dataclasses
from collections.abc import Mapping

from w2v_explore.checkpoint.key_table import BATCH_NORM_BUFFERS, Dialect, Extra, Module, Packed, Parameter
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, optional, quotient, size
from w2v_explore.families.wav2vec2 import keys

_LAYER = "encoder.layers.{i}"
_WEIGHT = {"weight": ("weight",)}
_PROJECTION = "feature_projection.projection.weight"
_DIRECTION = "encoder.pos_conv_embed.conv.parametrizations.weight.original1"
_NORM = "encoder.layer_norm.weight"
_DEPTHWISE = f"{_LAYER}.conv_module.depthwise_conv.weight"
_INNER, _OUTER = f"{_LAYER}.ffn1.intermediate_dense.weight", f"{_LAYER}.ffn1.output_dense.weight"
_BIAS = f"{_LAYER}.self_attn.pos_bias_u"
_FREQUENCIES = "encoder.embed_positions.inv_freq"


_width = size(Axis(_PROJECTION, 0, 2), Axis(_DIRECTION, 0, 3), Axis(_NORM, 0, 1))


def _same(name: str, **how: object) -> Module:
    """A module of a layer that transformers and fairseq call the same."""
    path = f"{_LAYER}.{name}"
    return Module(path, path, path, **how)  # type: ignore[arg-type]


def _feed_forward(name: str) -> tuple[Module, ...]:
    """A feed-forward block; in fairseq its norm lies inside."""
    path = f"{_LAYER}.{name}"
    return (
        Module(f"{path}_layer_norm", f"{path}_layer_norm", f"{path}.layer_norm"),
        Module(f"{path}.intermediate_dense", f"{path}.intermediate_dense", f"{path}.w_1"),
        Module(f"{path}.output_dense", f"{path}.output_dense", f"{path}.w_2"),
    )


_TENSORS: tuple[Module | Parameter | Packed, ...] = (
    *(
        tensor._replace(ours=tensor.huggingface)
        for tensor in keys.KEYS.tensors
        if isinstance(tensor, Module) and tensor.huggingface is not None and "{i}" not in tensor.huggingface[:20]
    ),
    *_feed_forward("ffn1"),
    *_feed_forward("ffn2"),
    _same("self_attn_layer_norm"),
    *(_same(f"self_attn.linear_{part}") for part in ("q", "k", "v", "out")),
    _same("self_attn.linear_pos", parameters=_WEIGHT),
    *(Parameter(name, name, name) for name in (_BIAS, f"{_LAYER}.self_attn.pos_bias_v")),
    # fairseq has a copy of them in each layer.
    Parameter(_FREQUENCIES, _FREQUENCIES, "encoder.layers.0.self_attn.rotary_emb.inv_freq", is_buffer=True),
    _same("conv_module.layer_norm"),
    *(
        _same(f"conv_module.{name}", parameters=_WEIGHT)
        for name in ("pointwise_conv1", "depthwise_conv", "pointwise_conv2")
    ),
    _same("conv_module.batch_norm", buffers=BATCH_NORM_BUFFERS),
    _same("final_layer_norm"),
)


def _positions(shapes: Shapes) -> tuple[str, str] | None:
    """Relative positions have a projection, rotary ones frequencies; a model that has neither knows none."""
    if f"{_LAYER}.self_attn.linear_pos.weight".replace("{i}", "0") in shapes:
        return "relative", f"{_LAYER}.self_attn.linear_pos".replace("{i}", "*")
    if _FREQUENCIES in shapes:
        return "rotary", _FREQUENCIES
    if not any(name.startswith("encoder.layers.0.self_attn.") for name in shapes):
        return None
    return "none", "no positions"


def _heads(shapes: Shapes) -> tuple[int, str] | None:
    """Relative positions have a bias for each head, rotary ones frequencies for half of a head's channels."""
    found = size(Axis(_BIAS, 0, 2))(shapes)
    if found is not None:
        return found
    width, pairs = _width(shapes), shapes.get(_FREQUENCIES, ())
    if width is None or len(pairs) != 1 or pairs[0] == 0 or width[0] % (2 * pairs[0]):
        return None
    return width[0] // (2 * pairs[0]), _FREQUENCIES


_EXTRAS: dict[Dialect, Mapping[str, Extra]] = {
    "huggingface": keys.KEYS.extras["huggingface"],
    "fairseq": {
        f"{_LAYER}.self_attn.rotary_emb.inv_freq": Extra("one more copy of the frequencies of rotary positions"),
        **keys.KEYS.extras["fairseq"],
    },
}

KEYS = dataclasses.replace(
    keys.KEYS,
    family="wav2vec2_conformer",
    own="huggingface",
    tensors=_TENSORS,
    head=Module("lm_head", "lm_head", "proj"),
    prefixes={"huggingface": ("wav2vec2_conformer.",), "fairseq": ("w2v_model.",)},
    extras=_EXTRAS,
    absences={
        program: {name.removeprefix("encoder."): why for name, why in absent.items()}
        for program, absent in keys.KEYS.absences.items()
    },
    told={
        "extractor_mode": keys.KEYS.told["extractor_mode"],
        "extractor_conv_bias": keys.KEYS.told["extractor_conv_bias"],
        "encoder_embed_dim": _width,
        "encoder_pos_conv_kernel": size(Axis(_DIRECTION, 2, 3)),
        "encoder_pos_conv_groups": quotient(Axis(_DIRECTION, 0, 3), Axis(_DIRECTION, 1, 3)),
        "encoder_num_layers": Count("encoder.layers"),
        "encoder_num_heads": _heads,
        "encoder_positions": _positions,
        "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
        "encoder_conv_kernel": size(Axis(_DEPTHWISE, 2, 3)),
        "aux_num_out": optional("lm_head", Axis("lm_head.weight", 0, 2), Axis("lm_head.bias", 0, 1)),
    },
    examples={
        "encoder_num_heads": keys.KEYS.examples["encoder_num_heads"],
        "encoder_activation": lambda told: "swish",
        "encoder_layer_norm_first": lambda told: "true (the encoder's norm comes last) or false",
    },
)
