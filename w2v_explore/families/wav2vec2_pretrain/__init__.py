"""wav2vec 2.0 in pre-training (Baevski et al. 2020): its encoder, a product quantiser and two projections."""

from w2v_explore.config.family import Family
from w2v_explore.families.wav2vec2_pretrain.fields import (
    AGREEMENTS,
    GROUPS_DIVIDE,
    SIZES,
    Wav2Vec2PretrainConfig,
)

FAMILY = Family(
    name="wav2vec2_pretrain",
    title="wav2vec 2.0 in pre-training",
    config=Wav2Vec2PretrainConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "wav2vec2.feature_extractor",
        "feature_projection": "wav2vec2.encoder.feature_projection",
        "mask_generator": "mask_generator",
        "positional_convolution": "wav2vec2.encoder.transformer.pos_conv_embed",
        "transformer_layers": "wav2vec2.encoder.transformer.layers",
        "quantizer": "quantizer",
        "project_hid": "project_hid",
        "project_q": "project_q",
    },
    roles={
        "extractor": ("wav2vec2.feature_extractor",),
        "encoder": ("wav2vec2.encoder", "mask_generator"),
        "head": ("quantizer", "project_hid", "project_q"),
    },
    reference="wav2vec2_pretrain_base",
    rules=(SIZES, GROUPS_DIVIDE),
)
