"""What torchaudio, the Hugging Face hub, fairseq and s3prl call published models of wav2vec 2.0: a table of facts."""

from w2v_explore.config.published import FAIRSEQ, HUB, S3PRL, TORCHAUDIO, Architecture, Published

_BASE = Architecture("base_bundle", {"encoder_projection_dropout": 0.0})
_LARGE = Architecture("large_bundle", {"encoder_projection_dropout": 0.0})
_LARGE_LV60K = Architecture(
    "large_lv60k_bundle", {"encoder_projection_dropout": 0.0, "encoder_dropout": 0.0, "encoder_layer_drop": 0.0}
)
_FINE_TUNED = {"encoder_attention_dropout": 0.0, "encoder_ff_interm_dropout": 0.1, "encoder_dropout": 0.0}
_BASE_10H = Architecture("base_bundle", {**_BASE.changes, **_FINE_TUNED, "aux_num_out": 32})
_LONGER = {**_BASE_10H.changes, "encoder_layer_drop": 0.1}


def _billions(width: int, layers: int, heads: int = 16) -> Architecture:
    sizes = {"encoder_embed_dim": width, "encoder_num_layers": layers, "encoder_num_heads": heads}
    return Architecture("xlsr_1b", {**sizes, "encoder_ff_interm_features": 4 * width})


PUBLISHED = Published(
    bundles={
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
        **{
            f"VOXPOPULI_ASR_BASE_10K_{language}": f"voxpopuli_asr_base_10k_{language.lower()}"
            for language in ("DE", "EN", "ES", "FR", "IT")
        },
    },
    names={
        HUB: {
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
        },
        TORCHAUDIO: {
            "wav2vec2_base": "base",
            "wav2vec2_large": "large",
            "wav2vec2_large_lv60k": "large_lv60k",
            "wav2vec2_xlsr_300m": "xlsr_300m",
            "wav2vec2_xlsr_1b": "xlsr_1b",
            "wav2vec2_xlsr_2b": "xlsr_2b",
        },
        # Its files of weights, and its configs of pre-training.
        FAIRSEQ: {
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
        },
        S3PRL: {
            "wav2vec2": "base",
            "wav2vec2_base_960": "base",
            "wav2vec2_large_960": "large",
            "wav2vec2_large_ll60k": "large_lv60k",
            "xls_r_300m": "xlsr_300m",
            "xls_r_1b": "xlsr_1b",
            "xls_r_2b": "xlsr_2b",
        },
    },
    without_preset={
        "facebook/mms-1b": "its model card gives its size alone; xlsr_1b is of that size",
        "facebook/wav2vec2-large-robust": "large_lv60k has its architecture; its dropouts are in its config.json",
        "utter-project/mHuBERT-147": "it is a HuBERT Base, and hubert_base has its architecture",
        "TencentGameMate/chinese-hubert-large": "name its config.json",
        "microsoft/unispeech-sat-base": "hubert_base has its architecture",
        "microsoft/unispeech-sat-base-plus": "hubert_base has its architecture",
        "microsoft/unispeech-sat-large": "hubert_large has its architecture",
    },
    made_of={
        r"wav2vec2-large-xlsr-53": "xlsr_53",
        r"wav2vec2-xls-r-300m|wav2vec2-large-xls-r-300m": "xlsr_300m",
        r"wav2vec2-xls-r-1b|wav2vec2-large-xls-r-1b": "xlsr_1b",
        r"wav2vec2-xls-r-2b": "xlsr_2b",
        r"wav2vec2-xlsr-53": "xlsr_53",
        r"wav2vec2-large-robust": "large_lv60k",
        r"unispeech-sat-base": "hubert_base",
        r"unispeech-sat-large": "hubert_large",
        r"mhubert-147": "hubert_base",
    },
    fairseq2={
        "wav2vec2/base": _BASE,
        "wav2vec2/large": _LARGE,
        "wav2vec2/large_lv60k": _LARGE_LV60K,
        "wav2vec2/xlsr_base": Architecture("xlsr_300m"),
        "wav2vec2/1b": Architecture("xlsr_1b"),
        "wav2vec2/2b": Architecture("xlsr_2b"),
        "wav2vec2/3b": _billions(2048, 60),
        "wav2vec2/3.25b": _billions(2048, 64, heads=32),
        "wav2vec2/4b": _billions(2304, 64, heads=32),
        "wav2vec2/5b": _billions(2048, 96),
        "wav2vec2/7b": _billions(2048, 128),
        "wav2vec2_asr/base_10h": _BASE_10H,
        "wav2vec2_asr/base_100h": Architecture("base_bundle", _LONGER),
        "wav2vec2_asr/large_10h": Architecture("large_bundle", _LONGER),
        "wav2vec2_asr/large_100h": Architecture("large_bundle", _LONGER),
        "wav2vec2_asr/large_lv60k_10h": Architecture("large_lv60k_bundle", _LONGER),
        "wav2vec2_asr/large_lv60k_100h": Architecture("large_lv60k_bundle", _LONGER),
        "wav2vec2_base": _BASE,
        "wav2vec2_large": _LARGE,
        "wav2vec2_large_lv60k": _LARGE_LV60K,
        "wav2vec2_asr_base_10h": _BASE_10H,
    },
)
