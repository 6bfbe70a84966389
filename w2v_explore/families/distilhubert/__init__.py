"""DistilHuBERT (Chang et al. 2022): wav2vec 2.0 without a norm before the projection, and heads that predict layers."""

from w2v_explore.config.family import Family
from w2v_explore.families.distilhubert.fields import (
    AGREEMENTS,
    PREDICTION_HEADS,
    TWO_HEADS,
    DistilHubertConfig,
)

FAMILY = Family(
    name="distilhubert",
    title="DistilHuBERT",
    config=DistilHubertConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "feature_extractor",
        "feature_projection": "feature_projection",
        "positional_convolution": "encoder.pos_conv_embed",
        "transformer_layers": "encoder.layers",
        "aux": "lm_head",
        "prediction_heads": "output_layer",
    },
    roles={
        "extractor": ("feature_extractor",),
        "encoder": ("feature_projection", "encoder"),
        "head": ("lm_head", "output_layer"),
    },
    reference="distilhubert",
    rules=(PREDICTION_HEADS, TWO_HEADS),
)
