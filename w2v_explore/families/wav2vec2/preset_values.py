"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
    "asr_base_100h": (
        94393245, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, 29,
    ),
    "asr_base_10m": (
        94393245, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, 29,
    ),
    "asr_base_960h": (
        94393245, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, 29,
    ),
    "asr_large_100h": (
        315457693, "group_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, False, 0.2, 29,
    ),
    "asr_large_10m": (
        315457693, "group_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, False, 0.2, 29,
    ),
    "asr_large_960h": (
        315457693, "group_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, False, 0.2, 29,
    ),
    "asr_large_lv60k_100h": (
        315467421, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, True, 0.0, 29,
    ),
    "asr_large_lv60k_10m": (
        315467421, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, True, 0.0, 29,
    ),
    "asr_large_lv60k_960h": (
        315467421, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, True, 0.0, 29,
    ),
    "base": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.1, 0.1, False, 0.1, None,
    ),
    "base_bundle": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, None,
    ),
    "chinese_hubert_base": (
        94370944, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.1, 3072, 0.1, 0.1, False, 0.1, None,
    ),
    "contentvec": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, None,
    ),
    "hubert_asr_large": (
        315463837, "layer_norm", None, False, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.0, True, 0.1, 29,
    ),
    "hubert_asr_xlarge": (
        962529693, "layer_norm", None, False, 1280, 0.0, 128, 16, 48, 16, 0.0, 5120, 0.1, 0.0, True, 0.1, 29,
    ),
    "hubert_base": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, None,
    ),
    "hubert_large": (
        315434112, "layer_norm", None, False, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, None,
    ),
    "hubert_xlarge": (
        962492544, "layer_norm", None, False, 1280, 0.0, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, True, 0.0, None,
    ),
    "indicwav2vec_base": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, False, 0.05, None,
    ),
    "indicwav2vec_large": (
        315437696, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, None,
    ),
    "large": (
        315427968, "group_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, False, 0.1, None,
    ),
    "large_bundle": (
        315427968, "group_norm", None, False, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, False, 0.2, None,
    ),
    "large_lv60k": (
        315437696, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.0, True, 0.1, None,
    ),
    "large_lv60k_bundle": (
        315437696, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.0, True, 0.0, None,
    ),
    "large_robust_12l": (
        164283008, "layer_norm", None, True, 1024, 0.1, 128, 16, 12, 16, 0.1, 4096, 0.1, 0.1, True, 0.1, None,
    ),
    "lighthubert_base_subnet": (
        66890880, "group_norm", None, False, 640, 0.1, 128, 16, 12, 10, 0.1, 2560, 0.0, 0.1, False, 0.05, None,
    ),
    "lighthubert_small_subnet": (
        26872960, "group_norm", None, False, 384, 0.1, 128, 16, 12, 6, 0.1, 1536, 0.0, 0.1, False, 0.05, None,
    ),
    "lv60_espeak_cv": (
        315839496, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.1, True, 0.1, 392,
    ),
    "mms_300m": (
        315437696, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, None,
    ),
    "mms_fa": (
        315466396, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.1, 0.0, True, 0.1, 28,
    ),
    "unispeech_large": (
        315437696, "layer_norm", None, True, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.1, True, 0.0, None,
    ),
    "voxpopuli_asr_base_10k_de": (
        94395552, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.0, 3072, 0.1, 0.0, False, 0.1, 32,
    ),
    "voxpopuli_asr_base_10k_en": (
        94392476, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.0, 3072, 0.1, 0.0, False, 0.1, 28,
    ),
    "voxpopuli_asr_base_10k_es": (
        94397859, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.0, 3072, 0.1, 0.0, False, 0.1, 35,
    ),
    "voxpopuli_asr_base_10k_fr": (
        94404011, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.0, 3072, 0.1, 0.0, False, 0.1, 43,
    ),
    "voxpopuli_asr_base_10k_it": (
        94399397, "group_norm", None, False, 768, 0.0, 128, 16, 12, 12, 0.0, 3072, 0.1, 0.0, False, 0.1, 37,
    ),
    "voxpopuli_base_10k": (
        94370944, "group_norm", None, False, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.1, 0.1, False, 0.1, None,
    ),
    "xlsr_1b": (
        962496128, "layer_norm", None, True, 1280, 0.1, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, True, 0.0, None,
    ),
    "xlsr_2b": (
        2159257728, "layer_norm", None, True, 1920, 0.1, 128, 16, 48, 16, 0.0, 7680, 0.0, 0.0, True, 0.0, None,
    ),
    "xlsr_300m": (
        315437696, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, None,
    ),
    "xlsr_53": (
        315437696, "layer_norm", None, True, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, True, 0.0, None,
    ),
}
PRESET_GROUPS = {
    "asr_base_100h": "wav2vec 2.0",
    "asr_base_10m": "wav2vec 2.0",
    "asr_base_960h": "wav2vec 2.0",
    "asr_large_100h": "wav2vec 2.0",
    "asr_large_10m": "wav2vec 2.0",
    "asr_large_960h": "wav2vec 2.0",
    "asr_large_lv60k_100h": "wav2vec 2.0",
    "asr_large_lv60k_10m": "wav2vec 2.0",
    "asr_large_lv60k_960h": "wav2vec 2.0",
    "base": "wav2vec 2.0",
    "base_bundle": "wav2vec 2.0",
    "chinese_hubert_base": "HuBERT",
    "contentvec": "HuBERT",
    "hubert_asr_large": "HuBERT",
    "hubert_asr_xlarge": "HuBERT",
    "hubert_base": "HuBERT",
    "hubert_large": "HuBERT",
    "hubert_xlarge": "HuBERT",
    "indicwav2vec_base": "IndicWav2Vec",
    "indicwav2vec_large": "IndicWav2Vec",
    "large": "wav2vec 2.0",
    "large_bundle": "wav2vec 2.0",
    "large_lv60k": "wav2vec 2.0",
    "large_lv60k_bundle": "wav2vec 2.0",
    "large_robust_12l": "wav2vec 2.0",
    "lighthubert_base_subnet": "LightHuBERT",
    "lighthubert_small_subnet": "LightHuBERT",
    "lv60_espeak_cv": "wav2vec 2.0",
    "mms_300m": "MMS",
    "mms_fa": "MMS",
    "unispeech_large": "UniSpeech",
    "voxpopuli_asr_base_10k_de": "VoxPopuli",
    "voxpopuli_asr_base_10k_en": "VoxPopuli",
    "voxpopuli_asr_base_10k_es": "VoxPopuli",
    "voxpopuli_asr_base_10k_fr": "VoxPopuli",
    "voxpopuli_asr_base_10k_it": "VoxPopuli",
    "voxpopuli_base_10k": "VoxPopuli",
    "xlsr_1b": "XLS-R",
    "xlsr_2b": "XLS-R",
    "xlsr_300m": "XLS-R",
    "xlsr_53": "XLS-R",
}
