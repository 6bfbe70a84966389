"""wav2vec 2.0 whose positional convolutions see only what was before: the example of docs/add-a-family.md."""

from w2v_explore.config.family import Family
from w2v_explore.families.causal.fields import AGREEMENTS, POS_CONV_DEPTH, CausalConfig

FAMILY = Family(
    name="causal",
    title="Causal wav2vec 2.0",
    config=CausalConfig,
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
    reference="causal_base",
    rules=(POS_CONV_DEPTH,),
)
