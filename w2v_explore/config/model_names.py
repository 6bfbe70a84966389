"""What other programs call published models: each a preset, or why there is none.

Imported only where a name was given that is neither a file nor a preset, or that stands in a file which is no config.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from w2v_explore.config.family import FAMILIES, family_named, names_in
from w2v_explore.config.presets import preset_names
from w2v_explore.config.published import HUB, TORCHAUDIO, Published

_FAMILIES = {
    r"wav2vec2.*conformer": "its layers are conformer layers, and those here are transformer layers",
    r"w2v-?bert|wav2vec2-bert": "it takes spectrograms, and the model here takes waveforms",
    r"distilhubert|distiller": "it has no layer norm before the projection, and the model here always has one",
    r"(?<![a-z])sew(?![a-z])": "SEW squeezes the sequence of frames, which the model here does not",
    r"whisper": "Whisper takes spectrograms and has a text decoder",
    r"m-?ctc-?t": "it takes spectrograms, and the model here takes waveforms",
    r"vq-?wav2vec|wav2vec-?1|^wav2vec$|wav2vec-large$": "it has no transformer",
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
    published = [*all_published()]
    for known in published:
        if stem in known.bundles:
            return KnownModel(known.bundles[stem], TORCHAUDIO)
    for whose, presets in _names(published):
        if key in presets:
            return _of_preset(presets[key], whose)
    reasons = {name: reason for known in published for name, reason in _keys(known.without_preset).items()}
    reasons |= {_repository(known): reason for known, reason in reasons.items()}
    if key in reasons:
        return KnownModel(None, reasons[key])
    if _CONFIG_SUFFIX.search(name):
        # A file of somebody's own, which may be called anything.
        return None
    for pattern, preset in ((pattern, preset) for known in published for pattern, preset in known.made_of.items()):
        if "/" in key and re.search(pattern, short):
            return KnownModel(None, f"its encoder has the architecture of {preset}; name its config.json")
    for pattern, reason in _FAMILIES.items():
        if re.search(pattern, short) and not any(re.search(pattern, known) for known in names_in("huggingface")):
            return KnownModel(None, reason)
    for whose, presets in _names(published):
        repositories = {_repository(name): preset for name, preset in presets.items()} if whose == HUB else {}
        if key in repositories:
            return _of_preset(repositories[key], HUB)
    return None


def all_published() -> Iterator[Published]:
    """What other programs call the published models of each family."""
    return (family_named(name).part("published").PUBLISHED for name in FAMILIES)


def _names(published: Iterable[Published]) -> Iterator[tuple[str, dict[str, str]]]:
    """By whose names they are, the preset that each stands for, as `_normal` has it."""
    for known in published:
        for whose, presets in (*known.names.items(), (TORCHAUDIO, known.bundles)):
            yield whose, _keys(presets)


def instead_of_preset(name: str, otherwise: str) -> str:
    """What to say of a name that no preset has: what it stands for elsewhere, or what it is near, or otherwise."""
    from w2v_explore.config.suggest import did_you_mean, nearest

    known = find_model(name)
    if known is not None:
        return str(known)
    guesses = nearest(_CONFIG_SUFFIX.sub("", name), preset_names())
    return did_you_mean([f"the preset {guesses[0]}", *guesses[1:]] if guesses else [], otherwise)


def _of_preset(preset: str, whose: str) -> KnownModel:
    has_english_head = whose == HUB and preset.startswith(("asr_", "hubert_asr_"))
    return KnownModel(preset, whose, _HEAD_OF_32 if has_english_head else "")


def _repository(name: str) -> str:
    """A name on the hub without whose it is."""
    return name.rpartition("/")[2]


def _keys(table: Mapping[str, str]) -> dict[str, str]:
    return {_normal(name): value for name, value in table.items()}


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
