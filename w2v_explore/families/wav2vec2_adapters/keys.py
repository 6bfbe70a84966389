"""What Hugging Face calls the weights of wav2vec 2.0 with adapters, and what their shapes tell.

Ours are torchaudio's, of ``torchaudio.models.Wav2Vec2Model``, with transformers' names of the adapters.
"""

from collections.abc import Mapping

from w2v_explore.checkpoint.key_table import Extra, Module
from w2v_explore.checkpoint.shapes import Axis, Count, Shapes, Told, size
from w2v_explore.families.wav2vec2 import keys

_LAYER = "encoder.transformer.layers.{i}.adapter_layer"
_CONV = "adapter.layers.{i}.conv"
_PARTS = ("norm", "linear_1", "linear_2")

_FEATURES = size(Axis(f"{_LAYER}.linear_1.weight", 0, 2), Axis(f"{_LAYER}.linear_2.weight", 1, 2))
_COUNT = Count("adapter.layers")


def _has_adapter(shapes: Shapes) -> bool:
    return any(name.startswith("adapter.") for name in shapes)


def _encoder_adapter_features(shapes: Shapes) -> tuple[int | None, str] | None:
    return _FEATURES(shapes) or (None, "no adapter in a layer")


def _encoder_layer_norm_first(shapes: Shapes) -> tuple[bool, str] | None:
    """Layers with an adapter normalise their input; those without may do either."""
    found = _FEATURES(shapes)
    return None if found is None else (True, found[1])


def _add_adapter(shapes: Shapes) -> tuple[bool, str] | None:
    return _has_adapter(shapes), "adapter.*"


def _adapter_embed_dim(shapes: Shapes) -> tuple[int | None, str] | None:
    """Without a projection it is the encoder's width, which null stands for as well: the shapes tell no more."""
    return size(Axis("adapter.proj.weight", 0, 2), Axis("adapter.proj_layer_norm.weight", 0, 1))(shapes)


_TOLD: Mapping[str, Told] = {
    "encoder_adapter_features": _encoder_adapter_features,
    "encoder_layer_norm_first": _encoder_layer_norm_first,
    "add_adapter": _add_adapter,
    "adapter_num_layers": _COUNT,
    "adapter_kernel": size(Axis(f"{_CONV}.weight", 2, 3)),
    "adapter_embed_dim": _adapter_embed_dim,
}


def _extras() -> dict[str, Extra]:
    """wav2vec 2.0's, without what has a place here."""
    theirs = dict(keys.KEYS.extras["huggingface"])
    for name in ("adapter", "encoder.layers.{i}.adapter_layer"):
        del theirs[name]
    return theirs


KEYS = keys.KEYS.with_modules(
    *[Module(f"{_LAYER}.{part}", f"encoder.layers.{{i}}.adapter_layer.{part}", None) for part in _PARTS],
    *[Module(name, name, None) for name in ("adapter.proj", "adapter.proj_layer_norm", _CONV)],
    family="wav2vec2_adapters",
    prefixes={name: prefixes for name, prefixes in keys.KEYS.prefixes.items() if name != "fairseq"},
    extras={**keys.KEYS.extras, "huggingface": _extras()},
    told=_TOLD,
    examples={
        **keys.KEYS.examples,
        "adapter_num_layers": lambda told: "3",
        "adapter_kernel": lambda told: "3",
        "adapter_stride": lambda told: "2",
        "adapter_embed_dim": lambda told: "null",
    },
)
