"""What Hugging Face calls the weights of w2v-BERT 2.0, and what their shapes tell.

Ours are transformers', of ``Wav2Vec2BertModel``.
"""

from w2v_explore.checkpoint.key_table import Extra, KeyTable, Module, Parameter
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, Told, optional, quotient, size
from w2v_explore.families.wav2vec2 import keys as wav2vec2

_LAYER = "encoder.layers.{i}"
_ADAPTER = "adapter.layers.{i}"
_WEIGHT = {"weight": ("weight",)}
_PROJECTION = "feature_projection.projection.weight"
_DISTANCES = f"{_LAYER}.self_attn.distance_embedding.weight"
_BIAS = f"{_LAYER}.self_attn.pos_bias_u"
_INNER, _OUTER = f"{_LAYER}.ffn1.intermediate_dense.weight", f"{_LAYER}.ffn1.output_dense.weight"
_STRIDED = f"{_ADAPTER}.residual_conv.weight"


def _modules(prefix: str, *names: str, **how: object) -> tuple[Module, ...]:
    return tuple(Module(f"{prefix}{name}", f"{prefix}{name}", None, **how) for name in names)  # type: ignore[arg-type]


def _feed_forward(path: str) -> tuple[Module, ...]:
    return _modules(f"{path}.", "intermediate_dense", "output_dense")


def _attention(path: str) -> tuple[Module, ...]:
    return _modules(f"{path}.", "linear_q", "linear_k", "linear_v", "linear_out")


_TENSORS: tuple[Module | Parameter, ...] = (
    *_modules("feature_projection.", "layer_norm", "projection"),
    *_modules(f"{_LAYER}.", "ffn1_layer_norm", "self_attn_layer_norm", "ffn2_layer_norm", "final_layer_norm"),
    *_feed_forward(f"{_LAYER}.ffn1"),
    *_feed_forward(f"{_LAYER}.ffn2"),
    *_attention(f"{_LAYER}.self_attn"),
    *_modules(f"{_LAYER}.self_attn.", "linear_pos", "distance_embedding", parameters=_WEIGHT),
    *(Parameter(name, name, None) for name in (_BIAS, f"{_LAYER}.self_attn.pos_bias_v")),
    *_modules(f"{_LAYER}.conv_module.", "layer_norm", "depthwise_layer_norm"),
    *_modules(
        f"{_LAYER}.conv_module.", "pointwise_conv1", "depthwise_conv", "pointwise_conv2", parameters=_WEIGHT
    ),
    *_modules("adapter.", "proj", "proj_layer_norm"),
    *_modules(
        f"{_ADAPTER}.",
        "residual_layer_norm", "residual_conv", "self_attn_layer_norm", "self_attn_conv", "ffn_layer_norm",
    ),
    *_attention(f"{_ADAPTER}.self_attn"),
    *_feed_forward(f"{_ADAPTER}.ffn"),
    *_feed_forward("intermediate_ffn"),
)  # fmt: skip


def _all_to_the_left(shapes: Shapes) -> tuple[int, str] | None:
    """How many distances have a vector beside a frame's own: those to both sides together."""
    found = Axis(_DISTANCES, 0, 2).find(shapes)
    return None if found is None else (max(found[0] - 1, 0), found[1])


def _has(shapes: Shapes, module: str) -> bool:
    return any(name.startswith(f"{module}.") for name in shapes)


def _positions(shapes: Shapes) -> tuple[str, str] | None:
    """Relative positions have a projection or a table; of rotary ones and none there is no trace."""
    for kind, module in (("relative_key", "distance_embedding"), ("relative", "linear_pos")):
        if f"encoder.layers.0.self_attn.{module}.weight" in shapes:
            return kind, f"encoder.layers.*.self_attn.{module}"
    return None


def _heads(shapes: Shapes) -> tuple[int, str] | None:
    """The table of distances is of one head's width; the vectors of relative positions are one for each head."""
    return size(Axis(_BIAS, 0, 2))(shapes) or quotient(Axis(_PROJECTION, 0, 2), Axis(_DISTANCES, 1, 2))(shapes)


def _add_adapter(shapes: Shapes) -> tuple[bool, str]:
    has = _has(shapes, "adapter")
    return has, "adapter.layers" if has else "no adapter"


def _intermediate_ffn(shapes: Shapes) -> tuple[bool, str]:
    has = _has(shapes, "intermediate_ffn")
    return has, "intermediate_ffn" if has else "no intermediate_ffn"


def _adapter_width(shapes: Shapes) -> tuple[int | None, str] | None:
    """Without a projection it is the encoder's, which null stands for as well: the shapes tell no more."""
    return size(Axis("adapter.proj.weight", 0, 2), Axis("adapter.proj_layer_norm.weight", 0, 1))(shapes)


_TOLD: dict[str, Told] = {
    "feature_channels": size(Axis(_PROJECTION, 1, 2), Axis("feature_projection.layer_norm.weight", 0, 1)),
    "encoder_embed_dim": size(Axis(_PROJECTION, 0, 2), Axis("feature_projection.projection.bias", 0, 1)),
    "encoder_num_layers": Count("encoder.layers"),
    "encoder_num_heads": _heads,
    "encoder_positions": _positions,
    "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
    "encoder_conv_kernel": size(Axis(f"{_LAYER}.conv_module.depthwise_conv.weight", 2, 3)),
    "add_adapter": _add_adapter,
    "adapter_num_layers": Count("adapter.layers"),
    "adapter_kernel": size(Axis(_STRIDED, 2, 3)),
    "adapter_embed_dim": _adapter_width,
    "adapter_intermediate_ffn": _intermediate_ffn,
    "aux_num_out": optional("lm_head", Axis("lm_head.weight", 0, 2), Axis("lm_head.bias", 0, 1)),
}

_TRAINING_ALONE = Extra("stands for masked frames in training")
_CLASSIFIER = Extra("head for classification or speaker verification")

KEYS = KeyTable(
    family="wav2vec2_bert",
    own="huggingface",
    tensors=_TENSORS,
    head=Module("lm_head", "lm_head", None),
    prefixes={"huggingface": ("wav2vec2_bert.",)},
    found_by="encoder.layers.0.conv_module.depthwise_layer_norm.weight",
    extras={
        "huggingface": {
            "masked_spec_embed": _TRAINING_ALONE,
            **dict.fromkeys(("projector", "classifier", "layer_weights", "tdnn", "objective"), _CLASSIFIER),
        }
    },
    told=_TOLD,
    stand_ins={"encoder_max_left": _all_to_the_left},
    examples={
        "encoder_num_heads": wav2vec2.KEYS.examples["encoder_num_heads"],
        "encoder_positions": lambda told: "rotary or none",
        "encoder_max_left": lambda told: "64",
        "encoder_max_right": lambda told: "8",
        "encoder_activation": lambda told: "swish",
        "adapter_num_layers": lambda told: "1",
        "adapter_kernel": lambda told: "3",
        "adapter_stride": lambda told: "2",
        "adapter_embed_dim": lambda told: "null",
        "adapter_activation": lambda told: "relu",
    },
    conv_weight=None,
)
