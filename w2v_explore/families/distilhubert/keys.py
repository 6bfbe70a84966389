"""What Hugging Face and s3prl call the weights of DistilHuBERT, and what their shapes tell.

Ours are transformers', of ``HubertModel``. s3prl's names are fairseq's.
"""

import dataclasses

from w2v_explore.checkpoint.key_table import Module, Parameter
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, optional, quotient, size
from w2v_explore.families.wav2vec2 import keys

_PROJECTION = "feature_projection.projection.weight"
_DIRECTION = "encoder.pos_conv_embed.conv.parametrizations.weight.original1"
_MAGNITUDE = "encoder.pos_conv_embed.conv.parametrizations.weight.original0"
_NORM = "encoder.layer_norm.weight"
_INNER = "encoder.layers.{i}.feed_forward.intermediate_dense.weight"
_OUTER = "encoder.layers.{i}.feed_forward.output_dense.weight"
_FIRST, _SPLIT = "output_layer.0", "output_layer.2"
_SINGLE = f"{_SPLIT}.layer"

_TENSORS: tuple[Module | Parameter, ...] = (
    *(
        Module(tensor.huggingface, *tensor[1:])
        for tensor in keys.KEYS.tensors
        if isinstance(tensor, Module)
        and tensor.huggingface is not None
        and tensor.ours != "encoder.feature_projection.layer_norm"
    ),
    Module(_FIRST, None, _FIRST),
    Module(_SINGLE, None, _SINGLE),
    Parameter(f"{_SPLIT}.weight", None, f"{_SPLIT}.weight"),
    Parameter(f"{_SPLIT}.bias", None, f"{_SPLIT}.bias"),
)


def _prediction_num_heads(shapes: Shapes) -> tuple[int | None, str] | None:
    if f"{_SINGLE}.weight" in shapes:
        return 1, f"{_SINGLE}.weight"
    return _of_heads(shapes, 0)


def _prediction_dim(shapes: Shapes) -> tuple[int | None, str] | None:
    return size(Axis(f"{_SINGLE}.weight", 0, 2))(shapes) or _of_heads(shapes, 2)


def _of_heads(shapes: Shapes, axis: int) -> tuple[int | None, str] | None:
    """A size of the weights of all heads; None in a model without heads."""
    found = size(Axis(f"{_SPLIT}.weight", axis, 3))(shapes)
    if found is not None:
        return found
    return None if any(name.startswith("output_layer.") for name in shapes) else (None, "no heads")


KEYS = dataclasses.replace(
    keys.KEYS,
    family="distilhubert",
    own="huggingface",
    tensors=_TENSORS,
    head=Module("lm_head", "lm_head", None),
    prefixes={"huggingface": ("hubert.",), "fairseq": ()},
    extras={dialect: keys.KEYS.extras[dialect] for dialect in ("huggingface", "fairseq")},
    absences={
        program: {name.removeprefix("encoder."): why for name, why in absent.items()}
        for program, absent in keys.KEYS.absences.items()
    },
    told={
        **keys.KEYS.told,
        "encoder_embed_dim": size(Axis(_PROJECTION, 0, 2), Axis(_DIRECTION, 0, 3), Axis(_NORM, 0, 1)),
        "encoder_pos_conv_kernel": size(Axis(_DIRECTION, 2, 3), Axis(_MAGNITUDE, 2, 3)),
        "encoder_pos_conv_groups": quotient(Axis(_DIRECTION, 0, 3), Axis(_DIRECTION, 1, 3)),
        "encoder_num_layers": Count("encoder.layers"),
        "encoder_ff_interm_features": size(Axis(_INNER, 0, 2), Axis(_OUTER, 1, 2)),
        "aux_num_out": optional("lm_head", Axis("lm_head.weight", 0, 2), Axis("lm_head.bias", 0, 1)),
        "prediction_num_heads": _prediction_num_heads,
        "prediction_dim": _prediction_dim,
    },
)
