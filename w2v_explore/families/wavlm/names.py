"""What others call the models that the presets of WavLM are."""

from w2v_explore.config.model_names import Published

PUBLISHED = Published(
    repositories={
        "microsoft/wavlm-base": "wavlm_base",
        "microsoft/wavlm-base-plus": "wavlm_base_plus",
        "microsoft/wavlm-large": "wavlm_large",
    },
    bundles={
        "WAVLM_BASE": "wavlm_base",
        "WAVLM_BASE_PLUS": "wavlm_base_plus",
        "WAVLM_LARGE": "wavlm_large",
    },
    unilm={
        "WavLM-Base": "wavlm_base",
        "WavLM-Base+": "wavlm_base_plus",
        "WavLM-Large": "wavlm_large",
    },
    upstreams={
        "wavlm_base": "wavlm_base",
        "wavlm_base_plus": "wavlm_base_plus",
        "wavlm_large": "wavlm_large",
    },
    fine_tuned={
        r"wavlm-base-plus": "wavlm_base_plus",
        r"wavlm-base": "wavlm_base",
        r"wavlm-large": "wavlm_large",
    },
)
