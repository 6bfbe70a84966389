"""What torchaudio, the Hugging Face hub, fairseq, unilm and s3prl call published models, and why some have no preset.

A table of facts. Imported only where a name was given that is neither a file nor a preset, or that stands in a file
which is no config.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from w2v_explore.config.presets import preset_names

_HUB, _TORCHAUDIO = "the Hugging Face hub's", "torchaudio's"
_FAIRSEQ, _UNILM, _S3PRL = "fairseq's", "unilm's", "s3prl's"

_BUNDLES = {
    "WAV2VEC2_BASE": "base_bundle",
    "WAV2VEC2_LARGE": "large_bundle",
    "WAV2VEC2_LARGE_LV60K": "large_lv60k_bundle",
    "WAV2VEC2_XLSR53": "xlsr_53",
    "WAV2VEC2_XLSR_300M": "xlsr_300m",
    "WAV2VEC2_XLSR_1B": "xlsr_1b",
    "WAV2VEC2_XLSR_2B": "xlsr_2b",
    **{
        f"WAV2VEC2_ASR_{size}_{hours}": f"asr_{size.lower()}_{hours.lower()}"
        for size in ("BASE", "LARGE", "LARGE_LV60K")
        for hours in ("10M", "100H", "960H")
    },
    "HUBERT_BASE": "hubert_base",
    "HUBERT_LARGE": "hubert_large",
    "HUBERT_XLARGE": "hubert_xlarge",
    "HUBERT_ASR_LARGE": "hubert_asr_large",
    "HUBERT_ASR_XLARGE": "hubert_asr_xlarge",
    "MMS_FA": "mms_fa",
    "WAVLM_BASE": "wavlm_base",
    "WAVLM_BASE_PLUS": "wavlm_base_plus",
    "WAVLM_LARGE": "wavlm_large",
    **{
        f"VOXPOPULI_ASR_BASE_10K_{language}": f"voxpopuli_asr_base_10k_{language.lower()}"
        for language in ("DE", "EN", "ES", "FR", "IT")
    },
}
"""torchaudio.pipelines."""

_FACTORIES = {
    "wav2vec2_base": "base",
    "wav2vec2_large": "large",
    "wav2vec2_large_lv60k": "large_lv60k",
    "wav2vec2_xlsr_300m": "xlsr_300m",
    "wav2vec2_xlsr_1b": "xlsr_1b",
    "wav2vec2_xlsr_2b": "xlsr_2b",
    "hubert_pretrain_base": "hubert_base",
    "hubert_pretrain_large": "hubert_large",
    "hubert_pretrain_xlarge": "hubert_xlarge",
}
"""torchaudio.models."""

_REPOSITORIES = {
    "facebook/wav2vec2-base": "base",
    "facebook/wav2vec2-base-100h": "asr_base_100h",
    "facebook/wav2vec2-base-960h": "asr_base_960h",
    "facebook/wav2vec2-large": "large",
    "facebook/wav2vec2-large-960h": "asr_large_960h",
    "facebook/wav2vec2-large-lv60": "large_lv60k",
    "facebook/wav2vec2-large-960h-lv60": "asr_large_lv60k_960h",
    "facebook/wav2vec2-large-960h-lv60-self": "asr_large_lv60k_960h",
    "facebook/wav2vec2-large-xlsr-53": "xlsr_53",
    "facebook/wav2vec2-xls-r-300m": "xlsr_300m",
    "facebook/wav2vec2-xls-r-1b": "xlsr_1b",
    "facebook/wav2vec2-xls-r-2b": "xlsr_2b",
    "facebook/wav2vec2-base-10k-voxpopuli": "voxpopuli_base_10k",
    **{
        f"facebook/wav2vec2-base-10k-voxpopuli-ft-{language}": f"voxpopuli_asr_base_10k_{language}"
        for language in ("de", "en", "es", "fr", "it")
    },
    "facebook/wav2vec2-lv-60-espeak-cv-ft": "lv60_espeak_cv",
    "facebook/mms-300m": "mms_300m",
    "facebook/hubert-base-ls960": "hubert_base",
    "facebook/hubert-large-ll60k": "hubert_large",
    "facebook/hubert-xlarge-ll60k": "hubert_xlarge",
    "facebook/hubert-large-ls960-ft": "hubert_asr_large",
    "facebook/hubert-xlarge-ls960-ft": "hubert_asr_xlarge",
    "TencentGameMate/chinese-hubert-base": "chinese_hubert_base",
    "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim": "large_robust_12l",
    "microsoft/unispeech-large-1500h-cv": "unispeech_large",
    "lengyue233/content-vec-best": "contentvec",
    "microsoft/wavlm-base": "wavlm_base",
    "microsoft/wavlm-base-plus": "wavlm_base_plus",
    "microsoft/wavlm-large": "wavlm_large",
}
"""Repositories on the hub."""

_FILES = {
    "wav2vec_small": "base",
    "wav2vec_small_10m": "asr_base_10m",
    "wav2vec_small_100h": "asr_base_100h",
    "wav2vec_small_960h": "asr_base_960h",
    "libri960_big": "large",
    "wav2vec_big_960h": "asr_large_960h",
    "wav2vec_vox_new": "large_lv60k",
    "wav2vec_vox_960h": "asr_large_lv60k_960h",
    "wav2vec_vox_960h_pl": "asr_large_lv60k_960h",
    "xlsr_53_56k": "xlsr_53",
    "xlsr2_300m": "xlsr_300m",
    "xlsr2_960m_1000k": "xlsr_1b",
    "xlsr2_2b_1000k": "xlsr_2b",
    "hubert_base_ls960": "hubert_base",
    "hubert_large_ll60k": "hubert_large",
    "hubert_xtralarge_ll60k": "hubert_xlarge",
    "hubert_large_ll60k_finetune_ls960": "hubert_asr_large",
    "hubert_xtralarge_ll60k_finetune_ls960": "hubert_asr_xlarge",
    "checkpoint_best_legacy_500": "contentvec",
    "wav2vec2_large_librivox": "large_lv60k",
    "wav2vec2_base_librispeech": "base",
    "hubert_base_librispeech": "hubert_base",
    "hubert_large_librivox": "hubert_large",
    "hubert_xlarge_librivox": "hubert_xlarge",
}
"""fairseq's files of weights, and its configs of pre-training."""

_UNILM_FILES = {
    "WavLM-Base": "wavlm_base",
    "WavLM-Base+": "wavlm_base_plus",
    "WavLM-Large": "wavlm_large",
}
"""unilm's files of weights."""

_UPSTREAMS = {
    "wav2vec2": "base",
    "wav2vec2_base_960": "base",
    "wav2vec2_large_960": "large",
    "wav2vec2_large_ll60k": "large_lv60k",
    "xls_r_300m": "xlsr_300m",
    "xls_r_1b": "xlsr_1b",
    "xls_r_2b": "xlsr_2b",
    "wavlm_base": "wavlm_base",
    "wavlm_base_plus": "wavlm_base_plus",
    "wavlm_large": "wavlm_large",
}
"""s3prl's upstreams."""

_TABLES = (
    (_REPOSITORIES, _HUB),
    (_FACTORIES, _TORCHAUDIO),
    (_BUNDLES, _TORCHAUDIO),
    (_FILES, _FAIRSEQ),
    (_UNILM_FILES, _UNILM),
    (_UPSTREAMS, _S3PRL),
)

_NO_PRESET = {
    "facebook/mms-1b": "its model card gives its size alone; xlsr_1b is of that size",
    "facebook/wav2vec2-large-robust": "large_lv60k has its architecture; its dropouts are in its config.json",
    "utter-project/mHuBERT-147": "it is a HuBERT Base, and hubert_base has its architecture",
    "TencentGameMate/chinese-hubert-large": "name its config.json",
    "microsoft/unispeech-sat-base": "hubert_base has its architecture",
    "microsoft/unispeech-sat-base-plus": "hubert_base has its architecture",
    "microsoft/unispeech-sat-large": "hubert_large has its architecture",
}
"""Repositories on the hub that no preset is made from."""

_FAMILIES = {
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
"""Families of which no member can be read, by a part of the name."""

_FINE_TUNED = {
    r"wav2vec2-large-xlsr-53": "xlsr_53",
    r"wav2vec2-xls-r-300m|wav2vec2-large-xls-r-300m": "xlsr_300m",
    r"wav2vec2-xls-r-1b|wav2vec2-large-xls-r-1b": "xlsr_1b",
    r"wav2vec2-xls-r-2b": "xlsr_2b",
    r"wav2vec2-xlsr-53": "xlsr_53",
    r"wav2vec2-large-robust": "large_lv60k",
    r"unispeech-sat-base": "hubert_base",
    r"unispeech-sat-large": "hubert_large",
    r"mhubert-147": "hubert_base",
    r"wavlm-base-plus": "wavlm_base_plus",
    r"wavlm-base": "wavlm_base",
    r"wavlm-large": "wavlm_large",
}
"""Models that others made of a published one, by a part of the name: their encoders have its architecture."""

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
    if stem in _BUNDLES:
        return KnownModel(_BUNDLES[stem], _TORCHAUDIO)
    for table, whose in _TABLES:
        if key in (presets := _keys(table)):
            return _of_preset(presets[key], whose)
    reasons = _keys(_NO_PRESET)
    reasons |= {_repository(known): reason for known, reason in reasons.items()}
    if key in reasons:
        return KnownModel(None, reasons[key])
    if _CONFIG_SUFFIX.search(name):
        # A file of somebody's own, which may be called anything.
        return None
    for pattern, reason in _FAMILIES.items():
        if re.search(pattern, short):
            return KnownModel(None, reason)
    for pattern, preset in _FINE_TUNED.items():
        if "/" in key and re.search(pattern, short):
            return KnownModel(None, f"its encoder has the architecture of {preset}; name its config.json")
    repositories = {_repository(known): preset for known, preset in _keys(_REPOSITORIES).items()}
    return _of_preset(repositories[key], _HUB) if key in repositories else None


def instead_of_preset(name: str, otherwise: str) -> str:
    """What to say of a name that no preset has: what it stands for elsewhere, or what it is near, or otherwise."""
    from w2v_explore.config.suggest import did_you_mean, nearest

    known = find_model(name)
    if known is not None:
        return str(known)
    guesses = nearest(_CONFIG_SUFFIX.sub("", name), preset_names())
    return did_you_mean([f"the preset {guesses[0]}", *guesses[1:]] if guesses else [], otherwise)


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
