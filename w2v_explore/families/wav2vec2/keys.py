"""What torchaudio, Hugging Face and fairseq call the weights of wav2vec 2.0, and what their shapes tell.

Ours are torchaudio's, of ``torchaudio.models.Wav2Vec2Model``.
"""

from collections.abc import Mapping
from typing import Any

from w2v_explore.checkpoint.key_table import (
    BATCH_NORM_BUFFERS,
    WEIGHT_NORMED,
    Dialect,
    Extra,
    KeyTable,
    Module,
)
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, Told, conv_sizes, optional, quotient, size

_CONV = "feature_extractor.conv_layers"
_CONV_WEIGHT = f"{_CONV}.{{i}}.conv.weight"
_OURS = "encoder.transformer.layers.{i}"
_THEIRS = "encoder.layers.{i}"

_TENSORS = (
    Module(f"{_CONV}.{{i}}.conv", f"{_CONV}.{{i}}.conv", f"{_CONV}.{{i}}.0"),
    # fairseq's third of a layer is a group norm, or a layer norm between two transpositions.
    Module(
        f"{_CONV}.0.layer_norm",
        f"{_CONV}.0.layer_norm",
        f"{_CONV}.0.2",
        fairseq_where=("extractor_mode", "group_norm"),
    ),
    Module(f"{_CONV}.{{i}}.layer_norm", f"{_CONV}.{{i}}.layer_norm", f"{_CONV}.{{i}}.2.1"),
    Module("encoder.feature_projection.layer_norm", "feature_projection.layer_norm", "layer_norm"),
    Module("encoder.feature_projection.projection", "feature_projection.projection", "post_extract_proj"),
    Module(
        "encoder.transformer.pos_conv_embed.conv", "encoder.pos_conv_embed.conv", "encoder.pos_conv.0", WEIGHT_NORMED
    ),
    Module("encoder.transformer.layer_norm", "encoder.layer_norm", "encoder.layer_norm"),
    Module(f"{_OURS}.attention.k_proj", f"{_THEIRS}.attention.k_proj", f"{_THEIRS}.self_attn.k_proj"),
    Module(f"{_OURS}.attention.v_proj", f"{_THEIRS}.attention.v_proj", f"{_THEIRS}.self_attn.v_proj"),
    Module(f"{_OURS}.attention.q_proj", f"{_THEIRS}.attention.q_proj", f"{_THEIRS}.self_attn.q_proj"),
    Module(f"{_OURS}.attention.out_proj", f"{_THEIRS}.attention.out_proj", f"{_THEIRS}.self_attn.out_proj"),
    Module(f"{_OURS}.layer_norm", f"{_THEIRS}.layer_norm", f"{_THEIRS}.self_attn_layer_norm"),
    Module(f"{_OURS}.feed_forward.intermediate_dense", f"{_THEIRS}.feed_forward.intermediate_dense", f"{_THEIRS}.fc1"),
    Module(f"{_OURS}.feed_forward.output_dense", f"{_THEIRS}.feed_forward.output_dense", f"{_THEIRS}.fc2"),
    Module(f"{_OURS}.final_layer_norm", f"{_THEIRS}.final_layer_norm", f"{_THEIRS}.final_layer_norm"),
)

_MASK = Extra("stands for masked frames in training")
_LOSS = Extra("part of the pre-training loss")
_CLASSIFIER = Extra("head for classification or speaker verification")
_ADAPTER = Extra("adapter", changes_outputs=True)
_POSITION_BIAS = Extra("WavLM's relative position bias", changes_outputs=True)
_INPUT_QUANTIZER = Extra("quantises the transformer's input", changes_outputs=True)
_BATCH_NORM = Extra("batch norm before the positional convolution", changes_outputs=True)
_NO_WEIGHT_NORM = Extra("a positional convolution without weight norm", changes_outputs=True)
_SEVERAL_CONVS = Extra("one of several positional convolutions, as in data2vec", changes_outputs=True)
_CONFORMER = Extra("part of a Conformer layer", changes_outputs=True)

_CONFORMER_PARTS = (
    "conv_module", "ffn1", "ffn2", "ffn1_layer_norm", "ffn2_layer_norm",
    "self_attn.linear_q", "self_attn.linear_k", "self_attn.linear_v", "self_attn.linear_out", "self_attn.linear_pos",
    "self_attn.pos_bias_u", "self_attn.pos_bias_v",
)  # fmt: skip

_EXTRAS: dict[Dialect, dict[str, Extra]] = {
    "torchaudio": {
        "mask_generator": _MASK,
        "logit_generator": _LOSS,
        f"{_OURS}.attention.gru_rel_pos_linear": _POSITION_BIAS,
        f"{_OURS}.attention.gru_rel_pos_const": _POSITION_BIAS,
        f"{_OURS}.attention.rel_attn_embed": _POSITION_BIAS,
        "encoder.transformer.pos_conv_embed.conv.weight": _NO_WEIGHT_NORM,
    },
    "huggingface": {
        "masked_spec_embed": _MASK,
        "mask_time_emb_vector": _MASK,
        "quantizer": _LOSS,
        "project_q": _LOSS,
        "project_hid": _LOSS,
        "final_proj": _LOSS,
        "ctc_proj": _LOSS,
        "speaker_proj": _LOSS,
        "label_embeddings_concat": _LOSS,
        "layer_norm_for_extract": _LOSS,
        "projector": _CLASSIFIER,
        "classifier": _CLASSIFIER,
        "layer_weights": _CLASSIFIER,
        "tdnn": _CLASSIFIER,
        "objective": _CLASSIFIER,
        # A speaker model's second feature extractor, beside the model's own.
        "feature_extractor.weight": _CLASSIFIER,
        "feature_extractor.bias": _CLASSIFIER,
        "adapter": _ADAPTER,
        f"{_THEIRS}.adapter_layer": _ADAPTER,
        f"{_THEIRS}.attention.gru_rel_pos_linear": _POSITION_BIAS,
        f"{_THEIRS}.attention.gru_rel_pos_const": _POSITION_BIAS,
        f"{_THEIRS}.attention.rel_attn_embed": _POSITION_BIAS,
        "encoder.pos_conv_embed.batch_norm": _BATCH_NORM,
        "encoder.pos_conv_embed.conv.weight": _NO_WEIGHT_NORM,
        "encoder.pos_conv_embed.layers": _SEVERAL_CONVS,
        **dict.fromkeys((f"{_THEIRS}.{part}" for part in _CONFORMER_PARTS), _CONFORMER),
    },
    "fairseq": {
        "mask_emb": _MASK,
        "quantizer": _LOSS,
        "project_q": _LOSS,
        "final_proj": _LOSS,
        "target_glu": _LOSS,
        "label_embs_concat": _LOSS,
        "input_quantizer": _INPUT_QUANTIZER,
        "project_inp": _INPUT_QUANTIZER,
        f"{_THEIRS}.adapter_layer": _ADAPTER,
        f"{_THEIRS}.self_attn.grep_linear": _POSITION_BIAS,
        f"{_THEIRS}.self_attn.grep_a": _POSITION_BIAS,
        f"{_THEIRS}.self_attn.relative_attention_bias": _POSITION_BIAS,
        **dict.fromkeys((f"encoder.pos_conv.{{i}}.{part}" for part in BATCH_NORM_BUFFERS), _BATCH_NORM),
        "encoder.pos_conv.{i}.weight": _NO_WEIGHT_NORM,
        "encoder.pos_conv.{i}.0": _SEVERAL_CONVS,
        **dict.fromkeys((f"{_THEIRS}.{part}" for part in _CONFORMER_PARTS), _CONFORMER),
    },
}


def _extractor_mode(shapes: Shapes) -> tuple[str, str] | None:
    """Layer norms follow all convolutions, a group norm the first; after a single one it may be either."""
    if f"{_CONV}.0.layer_norm.weight" not in shapes or len(conv_sizes(shapes, _CONV_WEIGHT)) < 2:
        return None
    each_normalises = f"{_CONV}.1.layer_norm.weight" in shapes
    return "layer_norm" if each_normalises else "group_norm", f"{_CONV}.*.layer_norm"


def _extractor_conv_bias(shapes: Shapes) -> tuple[bool, str] | None:
    if not conv_sizes(shapes, _CONV_WEIGHT):
        return None
    return f"{_CONV}.0.conv.bias" in shapes, f"{_CONV}.*.conv.bias"


_PROJECTION = "encoder.feature_projection.projection.weight"
_MAGNITUDE = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original0"
_DIRECTION = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight.original1"
_NORM = "encoder.transformer.layer_norm.weight"
_INNER = f"{_OURS}.feed_forward.intermediate_dense.weight"
_OUTER = f"{_OURS}.feed_forward.output_dense.weight"

_TOLD: dict[str, Told] = {
    "extractor_mode": _extractor_mode,
    "extractor_conv_bias": _extractor_conv_bias,
    "encoder_embed_dim": size(Axis(_PROJECTION, 0, 2), Axis(_DIRECTION, 0, 3), Axis(_NORM, 0, 1)),
    "encoder_pos_conv_kernel": size(Axis(_DIRECTION, 2, 3), Axis(_MAGNITUDE, 2, 3)),
    "encoder_pos_conv_groups": quotient(Axis(_DIRECTION, 0, 3), Axis(_DIRECTION, 1, 3)),
    "encoder_num_layers": Count("encoder.transformer.layers"),
    "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
    "aux_num_out": optional("aux", Axis("aux.weight", 0, 2), Axis("aux.bias", 0, 1)),
}

_USUAL_HEAD_DIM = 64


def _usual_heads(told: Mapping[str, Any]) -> str:
    embed_dim = told.get("encoder_embed_dim", 0)
    return str(max(embed_dim // _USUAL_HEAD_DIM, 1)) if embed_dim else "12"


KEYS = KeyTable(
    family="wav2vec2",
    own="torchaudio",
    tensors=_TENSORS,
    head=Module("aux", "lm_head", "proj"),
    prefixes={
        "huggingface": ("wav2vec2.", "hubert.", "unispeech.", "unispeech_sat."),
        "torchaudio": ("wav2vec2.",),
        "fairseq": ("w2v_model.",),
    },
    found_by=f"{_CONV}.0.conv.weight",
    extras=_EXTRAS,
    absences={
        "fairseq": {
            _PROJECTION: (
                "fairseq has no projection where the last convolution is as wide as the encoder; ours has one always"
            )
        }
    },
    told=_TOLD,
    examples={
        "encoder_num_heads": _usual_heads,
        "encoder_layer_norm_first": lambda told: "true (pre-norm) or false (post-norm)",
    },
    conv_weight=_CONV_WEIGHT,
)
