"""HuBERT in pre-training (Hsu et al. 2021): its encoder, masked frames, and the logits of every class."""

from w2v_explore.config.family import Family
from w2v_explore.families.hubert_pretrain.fields import (
    AGREEMENTS,
    LOGITS_HEAVY,
    MASK_OTHER,
    MASK_SELECTION,
    MASK_SIZES,
    NOTHING_PREDICTED,
    RANGES,
    HuBERTPretrainConfig,
)

FAMILY = Family(
    name="hubert_pretrain",
    title="HuBERT in pre-training",
    config=HuBERTPretrainConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "wav2vec2.feature_extractor",
        "feature_projection": "wav2vec2.encoder.feature_projection",
        "mask_generator": "mask_generator",
        "positional_convolution": "wav2vec2.encoder.transformer.pos_conv_embed",
        "transformer_layers": "wav2vec2.encoder.transformer.layers",
        "logit_generator": "logit_generator",
    },
    roles={
        "extractor": ("wav2vec2.feature_extractor",),
        "encoder": ("wav2vec2.encoder", "mask_generator"),
        "head": ("logit_generator",),
    },
    reference="hubert_pretrain_base",
    rules=(RANGES, MASK_SELECTION, MASK_SIZES, MASK_OTHER, NOTHING_PREDICTED, LOGITS_HEAVY),
)
