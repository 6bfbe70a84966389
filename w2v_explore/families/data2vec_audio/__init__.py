"""data2vec audio (Baevski et al. 2022): wav2vec 2.0 with several positional convolutions, one behind the other."""

from w2v_explore.config.family import Family
from w2v_explore.families.data2vec_audio.fields import AGREEMENTS, POS_DEPTH, POS_DEPTH_LARGE, Data2VecAudioConfig

FAMILY = Family(
    name="data2vec_audio",
    title="data2vec audio",
    config=Data2VecAudioConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "feature_extractor",
        "feature_projection": "feature_projection",
        "positional_convolution": "encoder.pos_conv_embed",
        "transformer_layers": "encoder.layers",
        "aux": "lm_head",
    },
    roles={
        "extractor": ("feature_extractor",),
        "encoder": ("feature_projection", "encoder"),
        "head": ("lm_head",),
    },
    reference="data2vec_audio_base",
    rules=(POS_DEPTH, POS_DEPTH_LARGE),
)
