"""WavLM (Chen et al. 2022): wav2vec 2.0 whose attention has a gated bias by the distance of frames."""

from w2v_explore.config.family import Family
from w2v_explore.families.wavlm.fields import AGREEMENTS, BIAS_HEAVY, BUCKETS_FEW, DISTANCE_SHORT, WavLMConfig

FAMILY = Family(
    name="wavlm",
    title="WavLM",
    config=WavLMConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "feature_extractor",
        "feature_projection": "encoder.feature_projection",
        "positional_convolution": "encoder.transformer.pos_conv_embed",
        "transformer_layers": "encoder.transformer.layers",
        "aux": "aux",
    },
    roles={
        "extractor": ("feature_extractor",),
        "encoder": ("encoder",),
        "head": ("aux",),
    },
    reference="wavlm_base",
    rules=(BUCKETS_FEW, DISTANCE_SHORT, BIAS_HEAVY),
    is_timed=False,
)
