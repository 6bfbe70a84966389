"""What transformers calls the weights of omniASR's encoder, and what their shapes tell; its names are ours."""

from w2v_explore.checkpoint.key_table import Extra, KeyTable, Module
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, conv_sizes, optional, quotient, size
from w2v_explore.families.wav2vec2 import keys

_CONV = "subsampling.conv_layers"
_CONV_WEIGHT = f"{_CONV}.{{i}}.conv.weight"
_PROJECTION = "subsampling.projection.weight"
_POSITIONS = "encode_positions.conv.weight"
_LAYER = "layers.{i}"
_INNER = f"{_LAYER}.feed_forward.intermediate_dense.weight"
_OUTER = f"{_LAYER}.feed_forward.output_dense.weight"

_MODULES = (
    f"{_CONV}.{{i}}.conv",
    f"{_CONV}.{{i}}.layer_norm",
    "subsampling.layer_norm",
    "subsampling.projection",
    "encode_positions.conv",
    *[f"{_LAYER}.attention.{part}_proj" for part in ("k", "v", "q", "out")],
    f"{_LAYER}.layer_norm",
    f"{_LAYER}.feed_forward.intermediate_dense",
    f"{_LAYER}.feed_forward.output_dense",
    f"{_LAYER}.final_layer_norm",
    "layer_norm",
)


def _extractor_conv_bias(shapes: Shapes) -> tuple[bool, str] | None:
    if not conv_sizes(shapes, _CONV_WEIGHT):
        return None
    return f"{_CONV}.0.conv.bias" in shapes, f"{_CONV}.*.conv.bias"


_LANGUAGE_MODEL = Extra("part of the language model behind the encoder")

KEYS = KeyTable(
    family="omniasr",
    own="huggingface",
    tensors=tuple(Module(path, path, None) for path in _MODULES),
    head=Module("ctc_head", "ctc_head", None),
    prefixes={"huggingface": ("model.audio_tower.", "audio_tower.")},
    found_by=f"{_CONV}.0.conv.weight",
    extras={
        "huggingface": dict.fromkeys(
            (
                "lm_head",
                "multi_modal_projector",
                "language_model",
                "model.multi_modal_projector",
                "model.language_model",
            ),
            _LANGUAGE_MODEL,
        )
    },
    told={
        "extractor_conv_bias": _extractor_conv_bias,
        "encoder_embed_dim": size(Axis(_PROJECTION, 0, 2), Axis(_POSITIONS, 0, 3), Axis("layer_norm.weight", 0, 1)),
        "encoder_pos_conv_kernel": size(Axis(_POSITIONS, 2, 3)),
        "encoder_pos_conv_groups": quotient(Axis(_POSITIONS, 0, 3), Axis(_POSITIONS, 1, 3)),
        "encoder_num_layers": Count("layers"),
        "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
        "aux_num_out": optional("ctc_head", Axis("ctc_head.weight", 0, 2), Axis("ctc_head.bias", 0, 1)),
    },
    examples={"encoder_num_heads": keys.KEYS.examples["encoder_num_heads"]},
    conv_weight=_CONV_WEIGHT,
)
