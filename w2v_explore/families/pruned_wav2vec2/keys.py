"""What DPHuBERT calls the weights of a pruned wav2vec 2.0: as torchaudio does; and what their shapes tell."""

import dataclasses
from collections.abc import Callable
from typing import Any

from w2v_explore.checkpoint.key_table import Parameter
from w2v_explore.checkpoint.shapes import Count, Shapes, Told
from w2v_explore.config.kinds import MAX_LISTED_LAYERS
from w2v_explore.families.wav2vec2 import keys

_LAYERS = "encoder.transformer.layers"
_SCALE = "feature_extractor.dummy_weight"
_NUM_LAYERS = Count(_LAYERS)


def _widths(path: str) -> Callable[[Shapes], list[int] | None]:
    """The first size of a tensor in each layer, 0 where a layer has none; None for a model without layers."""

    def of(shapes: Shapes) -> list[int] | None:
        found = _NUM_LAYERS(shapes)
        if found is None:
            return None
        # A name may count as many layers as it likes.
        tensors = (shapes.get(f"{_LAYERS}.{layer}.{path}", ()) for layer in range(min(found[0], MAX_LISTED_LAYERS)))
        return [shape[0] if shape else 0 for shape in tensors]

    return of


_INNER = _widths("feed_forward.intermediate_dense.weight")
_ATTENTION = _widths("attention.q_proj.weight")


def _listed(widths: Callable[[Shapes], list[int] | None], evidence: str, each: Callable[[int], Any]) -> Told:
    def tell(shapes: Shapes) -> tuple[list[Any], str] | None:
        found = widths(shapes)
        return None if found is None else (list(map(each, found)), f"{_LAYERS}.*.{evidence}")

    return tell


def _channel_scale(shapes: Shapes) -> tuple[bool, str] | None:
    return (_SCALE in shapes, _SCALE) if shapes else None


_LISTED: dict[str, Told] = {
    "encoder_use_attention": _listed(_ATTENTION, "attention", bool),
    "encoder_use_feed_forward": _listed(_INNER, "feed_forward", bool),
}
_STAND_INS: dict[str, Told] = {
    # As if each head were one wide: what tells the heads is how many they are times their width.
    "encoder_num_heads": _listed(_ATTENTION, "attention.q_proj.weight", int),
    "encoder_ff_interm_features": _listed(_INNER, "feed_forward.intermediate_dense.weight", int),
}


def _inner_widths(shapes: Shapes) -> tuple[list[int], str] | None:
    """The inner widths, unless a layer has lost its block: what the config says of that leaves no trace."""
    found = _STAND_INS["encoder_ff_interm_features"](shapes)
    return found if found is not None and all(found[0]) else None


KEYS = dataclasses.replace(
    keys.KEYS,
    family="pruned_wav2vec2",
    tensors=(*keys.KEYS.tensors, Parameter(_SCALE, None, None)),
    prefixes={"torchaudio": ("student_model.",)},
    extras={"torchaudio": keys.KEYS.extras["torchaudio"]},
    absences={},
    stand_ins=_STAND_INS,
    told={
        **keys.KEYS.told,
        **_LISTED,
        "encoder_ff_interm_features": _inner_widths,
        "extractor_channel_scale": _channel_scale,
    },
    examples={
        "encoder_layer_norm_first": keys.KEYS.examples["encoder_layer_norm_first"],
        "encoder_head_dim": lambda told: "64",
    },
)
