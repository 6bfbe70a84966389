"""What torchaudio, the Hugging Face hub, fairseq, unilm and s3prl call published models, and why some have no preset.

The tables are those of the families. Imported only where a name was given that is neither a file nor a preset, or that
stands in a file which is no config.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from w2v_explore.config.family import FAMILIES, family_named, names_in
from w2v_explore.config.presets import preset_names

_HUB, _TORCHAUDIO = "the Hugging Face hub's", "torchaudio's"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Published(NamedTuple):
    """What others call the models of a family: the value ``PUBLISHED`` of its ``names`` file. Values are presets.

    Attributes:
        repositories: On the Hugging Face hub.
        factories: In torchaudio.models.
        bundles: In torchaudio.pipelines.
        fairseq: Files of weights, and configs of pre-training.
        unilm: Files of weights.
        upstreams: s3prl's.
        without_preset: Repositories on the hub that no preset is made from, and what to know of each.
        fine_tuned: Of models that others made of a published one, a part of the repository's name, as a pattern; the
            preset has its encoder's architecture. More particular patterns come first.
    """

    repositories: Mapping[str, str] = _NOTHING
    factories: Mapping[str, str] = _NOTHING
    bundles: Mapping[str, str] = _NOTHING
    fairseq: Mapping[str, str] = _NOTHING
    unilm: Mapping[str, str] = _NOTHING
    upstreams: Mapping[str, str] = _NOTHING
    without_preset: Mapping[str, str] = _NOTHING
    fine_tuned: Mapping[str, str] = _NOTHING


_WHOSE = {
    "repositories": _HUB,
    "factories": _TORCHAUDIO,
    "bundles": _TORCHAUDIO,
    "fairseq": "fairseq's",
    "unilm": "unilm's",
    "upstreams": "s3prl's",
}

_OTHER_FAMILIES = {
    r"data2vec": "data2vec has five positional convolutions, and the model here has one",
    r"wav2vec2.*conformer": "its layers are conformer layers, and those here are transformer layers",
    r"w2v-?bert|wav2vec2-bert": "it takes spectrograms, and the model here takes waveforms",
    r"distilhubert|distiller": "it has no layer norm before the projection, and the model here always has one",
    r"(?<![a-z])sew(?![a-z])": "SEW squeezes the sequence of frames, which the model here does not",
    r"whisper": "Whisper takes spectrograms and has a text decoder",
    r"m-?ctc-?t": "it takes spectrograms, and the model here takes waveforms",
    r"vq-?wav2vec|wav2vec-?1|^wav2vec$|wav2vec-large$": "it has no transformer",
    r"mms-1b-": "its attention blocks have adapters, which the model here has not; xlsr_1b is of its size without them",
    r"lighthubert": "it is a space of architectures; the presets lighthubert_base_subnet and "
    "lighthubert_small_subnet are its published subnets",
}
"""Families of which no member can be read, by a part of the name; passed over where there is such a family by now."""

_CONFIG_SUFFIX = re.compile(r"\.(yaml|yml|json)$")
_WEIGHTS_SUFFIX = re.compile(r"\.(pt|pth|bin|ckpt|safetensors)$")
_MAX_LENGTH = 100
# torchaudio leaves out what its vocabulary never predicts.
_HEAD_OF_32 = ", but for its head, which has 32 outputs there (aux_num_out)"


class KnownModel(NamedTuple):
    """A published model that a name stands for.

    Attributes:
        preset: The preset that it is; None where there is none.
        remark: Whose name it is; of a model without a preset, why it has none.
        difference: What the preset has otherwise, as the end of a sentence.
    """

    preset: str | None
    remark: str
    difference: str = ""

    def __str__(self) -> str:
        """What the name stands for, as a part of a sentence about it."""
        if self.preset is None:
            return f"there is no preset of it: {self.remark}"
        return f"that is {self.remark} name for the preset {self.preset}{self.difference}"


def find_model(name: str) -> KnownModel | None:
    """The published model that a name outside this program stands for; None where it is not known."""
    if len(name) > _MAX_LENGTH:
        return None
    stem = _WEIGHTS_SUFFIX.sub("", _CONFIG_SUFFIX.sub("", name))
    key = _normal(stem)
    short = _repository(key)
    published = _published()
    if stem in published.bundles:
        return KnownModel(published.bundles[stem], _TORCHAUDIO)
    for table, whose in _WHOSE.items():
        if key in (presets := _keys(getattr(published, table))):
            return _of_preset(presets[key], whose)
    reasons = _keys(published.without_preset)
    reasons |= {_repository(known): reason for known, reason in reasons.items()}
    if key in reasons:
        return KnownModel(None, reasons[key])
    if _CONFIG_SUFFIX.search(name):
        # A file of somebody's own, which may be called anything.
        return None
    for pattern, reason in _OTHER_FAMILIES.items():
        if re.search(pattern, short) and not any(re.search(pattern, known) for known in names_in("huggingface")):
            return KnownModel(None, reason)
    for pattern, preset in published.fine_tuned.items():
        if "/" in key and re.search(pattern, short):
            return KnownModel(None, f"its encoder has the architecture of {preset}; name its config.json")
    repositories = {_repository(known): preset for known, preset in _keys(published.repositories).items()}
    return _of_preset(repositories[key], _HUB) if key in repositories else None


def instead_of_preset(name: str, otherwise: str) -> str:
    """What to say of a name that no preset has: what it stands for elsewhere, or what it is near, or otherwise."""
    from w2v_explore.config.suggest import did_you_mean, nearest

    known = find_model(name)
    if known is not None:
        return str(known)
    guesses = nearest(_CONFIG_SUFFIX.sub("", name), preset_names())
    return did_you_mean([f"the preset {guesses[0]}", *guesses[1:]] if guesses else [], otherwise)


def _published() -> Published:
    """What others call the models of all families."""
    tables: list[Published] = [family_named(name).part("names").PUBLISHED for name in FAMILIES]
    merged: list[dict[str, str]] = [{} for _ in Published._fields]
    for table in tables:
        for names, more in zip(merged, table, strict=True):
            names.update(more)
    return Published(*merged)


def _of_preset(preset: str, whose: str) -> KnownModel:
    has_english_head = whose is _HUB and preset.startswith(("asr_", "hubert_asr_"))
    return KnownModel(preset, whose, _HEAD_OF_32 if has_english_head else "")


def _repository(name: str) -> str:
    """A name on the hub without whose it is."""
    return name.rpartition("/")[2]


def _keys(table: Mapping[str, str]) -> dict[str, str]:
    return {_normal(name): value for name, value in table.items()}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
