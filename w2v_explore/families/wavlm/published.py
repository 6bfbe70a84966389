"""What torchaudio, the Hugging Face hub, unilm and s3prl call published models of WavLM; a table of facts."""

from w2v_explore.config.published import HUB, S3PRL, UNILM, Published

PUBLISHED = Published(
    bundles={"WAVLM_BASE": "wavlm_base", "WAVLM_BASE_PLUS": "wavlm_base_plus", "WAVLM_LARGE": "wavlm_large"},
    names={
        HUB: {
            "microsoft/wavlm-base": "wavlm_base",
            "microsoft/wavlm-base-plus": "wavlm_base_plus",
            "microsoft/wavlm-large": "wavlm_large",
        },
        UNILM: {"WavLM-Base": "wavlm_base", "WavLM-Base+": "wavlm_base_plus", "WavLM-Large": "wavlm_large"},
        S3PRL: {"wavlm_base": "wavlm_base", "wavlm_base_plus": "wavlm_base_plus", "wavlm_large": "wavlm_large"},
    },
    made_of={r"wavlm-base-plus": "wavlm_base_plus", r"wavlm-base": "wavlm_base", r"wavlm-large": "wavlm_large"},
)
