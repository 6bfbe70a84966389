"""wav2vec 2.0 (Baevski et al. 2020) and what has its encoder: HuBERT, XLS-R, MMS, UniSpeech."""

from w2v_explore.config.family import Family
from w2v_explore.families.wav2vec2.fields import AGREEMENTS, Wav2Vec2Config

FAMILY = Family(
    name="wav2vec2",
    title="wav2vec 2.0",
    config=Wav2Vec2Config,
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
    reference="base",
)
