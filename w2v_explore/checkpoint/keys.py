"""What torchaudio, Hugging Face and fairseq call the same weights.

Two tables say it, `MODULES` and `EXTRAS`; `translate_keys` reads a checkpoint's names with them, and `keys_in_dialect`
writes ours in another program's words. Ours are torchaudio's, of ``torchaudio.models.Wav2Vec2Model``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

Dialect = Literal["torchaudio", "huggingface", "fairseq"]
WeightNormSpelling = Literal["parametrizations", "weight_g"]

CONFIG_METADATA_KEY = "w2v_explore.config"
"""The key in the metadata of our safetensors files: the config's 16 fields as JSON, and its sample rate where
that is another than the default."""


class Module(NamedTuple):
    """A module with a weight and a bias, as each program calls it; ``{i}`` counts layers.

    Attributes:
        torchaudio: Its path, which is ours.
        huggingface: Its path in transformers, below the prefix that heads bring (``wav2vec2.``).
        fairseq: Its path in fairseq, below ``w2v_model.`` where there is a head.
        group_norm_only: Whether fairseq calls it so in ``extractor_mode: group_norm`` alone.
    """

    torchaudio: str
    huggingface: str
    fairseq: str
    group_norm_only: bool = False


_CONV = "feature_extractor.conv_layers"
_OURS = "encoder.transformer.layers.{i}"
_THEIRS = "encoder.layers.{i}"

POSITIONAL_CONV = Module(
    "encoder.transformer.pos_conv_embed.conv", "encoder.pos_conv_embed.conv", "encoder.pos_conv.0"
)  # fmt: skip
"""Its weight is a magnitude and a direction, by either name in `WEIGHT_NORM`."""

MODULES: tuple[Module, ...] = (
    Module(f"{_CONV}.{{i}}.conv", f"{_CONV}.{{i}}.conv", f"{_CONV}.{{i}}.0"),
    # fairseq's third of a layer is a group norm, or a layer norm between two transpositions.
    Module(f"{_CONV}.0.layer_norm", f"{_CONV}.0.layer_norm", f"{_CONV}.0.2", group_norm_only=True),
    Module(f"{_CONV}.{{i}}.layer_norm", f"{_CONV}.{{i}}.layer_norm", f"{_CONV}.{{i}}.2.1"),
    Module("encoder.feature_projection.layer_norm", "feature_projection.layer_norm", "layer_norm"),
    Module("encoder.feature_projection.projection", "feature_projection.projection", "post_extract_proj"),
    POSITIONAL_CONV,
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

HEAD = Module("aux", "lm_head", "proj")
"""The head: beside the model under its prefix, not below it."""

WEIGHT_NORM = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
"""torch's present names of a weight-normed weight's magnitude [1, 1, K] and direction, and those before torch 2.0."""

MODEL_PREFIXES: dict[Dialect, tuple[str, ...]] = {
    "torchaudio": ("wav2vec2.",),
    "huggingface": ("wav2vec2.", "hubert.", "unispeech.", "unispeech_sat."),
    "fairseq": ("w2v_model.",),
}
"""The attribute under which a class with a head holds the model. More may stand in front: ``w2v_encoder.``, a trainer's
``model.``, a parallel wrapper's ``module.``; `translate_keys` takes whatever it finds there."""


class Extra(NamedTuple):
    """A tensor that our model has no place for.

    Attributes:
        purpose: What it is.
        changes_outputs: Whether the model computes something else without it, so that it must not be left out.
    """

    purpose: str
    changes_outputs: bool = False


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

_BATCH_NORM_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_CONFORMER_PARTS = (
    "conv_module", "ffn1", "ffn2", "ffn1_layer_norm", "ffn2_layer_norm",
    "self_attn.linear_q", "self_attn.linear_k", "self_attn.linear_v", "self_attn.linear_out", "self_attn.linear_pos",
    "self_attn.pos_bias_u", "self_attn.pos_bias_v",
)  # fmt: skip

EXTRAS: dict[Dialect, dict[str, Extra]] = {
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
        **dict.fromkeys((f"encoder.pos_conv.{{i}}.{part}" for part in _BATCH_NORM_STATISTICS), _BATCH_NORM),
        "encoder.pos_conv.{i}.weight": _NO_WEIGHT_NORM,
        "encoder.pos_conv.{i}.0": _SEVERAL_CONVS,
        **dict.fromkeys((f"{_THEIRS}.{part}" for part in _CONFORMER_PARTS), _CONFORMER),
    },
}
"""Names, or what they start with, at the model or beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTranslation:
    """A checkpoint's names, read.

    Attributes:
        dialect: Whose words they are; None where no name is that of a first convolution, and then all are unknown.
        prefix: What stands in front of the model's names: ``wav2vec2.``, ``w2v_encoder.w2v_model.``, or nothing.
        ours: Our name of each tensor that has one, by its own.
        extras: What each tensor is that has no place in our model.
        unknown: The names that mean nothing here, or the same as another: nothing can be said of their tensors.
    """

    dialect: Dialect | None
    prefix: str
    ours: dict[str, str]
    extras: dict[str, Extra]
    unknown: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<KeyTranslation from {self.dialect} below {self.prefix!r}: {len(self.ours)} names, "
            f"{len(self.extras)} extras, {len(self.unknown)} unknown>"
        )


def translate_keys(names: Iterable[str]) -> KeyTranslation:
    """Read the names of a checkpoint's tensors, in any of the three dialects and below any prefix.

    Args:
        names: The keys of one state_dict, each once.
    """
    names = list(names)
    dialect, prefix = _find_dialect(names)
    if dialect is None:
        return KeyTranslation(dialect=None, prefix="", ours={}, extras={}, unknown=tuple(names))
    outside = _outside(dialect, prefix)
    ours: dict[str, str] = {}
    extras: dict[str, Extra] = {}
    unknown: list[str] = []
    taken: set[str] = set()
    for name in names:
        our_name = _our_name(name, dialect, prefix, outside)
        if our_name is not None and our_name not in taken:
            ours[name] = our_name
            taken.add(our_name)
        elif our_name is None and (extra := _find_extra(name, dialect, prefix, outside)):
            extras[name] = extra
        else:
            unknown.append(name)
    return KeyTranslation(dialect=dialect, prefix=prefix, ours=ours, extras=extras, unknown=tuple(unknown))


def keys_in_dialect(
    names: Iterable[str],
    dialect: Dialect,
    *,
    prefix: str = "",
    extractor_mode: str = "group_norm",
    weight_norm: WeightNormSpelling = "parametrizations",
) -> dict[str, str]:
    """Another program's name for each of ours, the inverse of `translate_keys`.

    Args:
        names: Keys of our model's state_dict.
        dialect: Whose words are wanted.
        prefix: To stand in front of the model's names, ``wav2vec2.``; the head's go without its last part.
        extractor_mode: The config's, which decides what fairseq calls the first norm.
        weight_norm: How the positional convolution's weight is spelt.

    Raises:
        KeyError: A name is none of our model's.
    """
    vocabulary = _inverse_vocabulary(dialect, extractor_mode, weight_norm)
    outside = _outside(dialect, prefix)
    translated = {}
    for name in names:
        if name.startswith(f"{HEAD.torchaudio}."):
            translated[name] = f"{outside}{getattr(HEAD, dialect)}{name.removeprefix(HEAD.torchaudio)}"
        else:
            translated[name] = prefix + _look_up(name, vocabulary)
    return translated


# A layer's number, as it is written once a name is cut at its dots; 01 would be another key.
_NUMBER = re.compile(r"(?<=\.)(?:0|[1-9][0-9]*)(?=\.)")
_FIRST_CONV = re.compile(r"(.*\.)?feature_extractor\.conv_layers\.0\.(conv|0)\.weight", re.DOTALL)


def _find_dialect(names: list[str]) -> tuple[Dialect | None, str]:
    """Whose names they are, and the prefix: every model has a first convolution."""
    # Of several models in one checkpoint, the one nearest to the top.
    found = min(filter(None, map(_FIRST_CONV.fullmatch, names)), key=lambda match: len(match[0]), default=None)
    if found is None:
        return None, ""
    prefix = found[1] or ""
    if found[2] == "0":
        return "fairseq", prefix
    ours = (f"{prefix}encoder.transformer.", f"{prefix}encoder.feature_projection.")
    return "torchaudio" if any(name.startswith(ours) for name in names) else "huggingface", prefix


def _outside(dialect: Dialect, prefix: str) -> str:
    """The prefix of what lies beside the model: the class with a head that holds it, if one does."""
    for model in MODEL_PREFIXES[dialect]:
        if prefix == model or prefix.endswith(f".{model}"):
            return prefix.removesuffix(model)
    return prefix


def _our_name(name: str, dialect: Dialect, prefix: str, outside: str) -> str | None:
    for parameter in ("weight", "bias"):
        if name == f"{outside}{getattr(HEAD, dialect)}.{parameter}":
            return f"{HEAD.torchaudio}.{parameter}"
    if not name.startswith(prefix):
        return None
    try:
        return _look_up(name.removeprefix(prefix), _vocabulary(dialect))
    except KeyError:
        return None


def _look_up(name: str, vocabulary: dict[str, str]) -> str:
    """The translation of a name, as it stands or with its first number as ``{i}``."""
    if "{" in name:  # a template itself
        raise KeyError(name)
    if name in vocabulary:
        return vocabulary[name]
    number = _NUMBER.search(name)
    if number is None:
        raise KeyError(name)
    template = f"{name[: number.start()]}{{i}}{name[number.end() :]}"
    return vocabulary[template].replace("{i}", number[0])


def _find_extra(name: str, dialect: Dialect, prefix: str, outside: str) -> Extra | None:
    for start in dict.fromkeys((prefix, outside)):
        if name.startswith(start):
            template = _NUMBER.sub("{i}", name.removeprefix(start), count=1)
            for key, extra in EXTRAS[dialect].items():
                if f"{template}.".startswith(f"{key}."):
                    return extra
    return None


@cache
def _vocabulary(dialect: Dialect) -> dict[str, str]:
    """Ours for every name of a dialect, in all spellings."""
    return {
        f"{getattr(module, dialect)}.{spelling}": f"{module.torchaudio}.{parameter}"
        for module in MODULES
        for parameter, spellings in _parameters(module).items()
        for spelling in spellings
    }


@cache
def _inverse_vocabulary(dialect: Dialect, extractor_mode: str, weight_norm: WeightNormSpelling) -> dict[str, str]:
    """A dialect's for every name of ours, in one spelling."""
    spelling = 1 if weight_norm == "weight_g" else 0
    return {
        f"{module.torchaudio}.{parameter}": f"{getattr(module, dialect)}.{spellings[spelling]}"
        for module in MODULES
        if not (module.group_norm_only and extractor_mode == "layer_norm")
        for parameter, spellings in _parameters(module).items()
    }


def _parameters(module: Module) -> dict[str, tuple[str, str]]:
    """Our names of a module's parameters, with the present and the older way to spell each."""
    if module is POSITIONAL_CONV:
        return {"bias": ("bias", "bias")} | {new: (new, old) for new, old in WEIGHT_NORM.items()}
    return {"weight": ("weight", "weight"), "bias": ("bias", "bias")}
