"""wav2vec 2.0 with conformer layers (Gulati et al. 2020, Wang et al. 2020): fairseq's and transformers' conformer."""

from w2v_explore.config.family import Family
from w2v_explore.families.wav2vec2_conformer.fields import (
    ACTIVATION,
    AGREEMENTS,
    CONV_KERNEL,
    PADDING,
    POS_CONV_DEAD,
    POSITIONS,
    POSITIONS_COST,
    POSITIONS_ODD,
    Wav2Vec2ConformerConfig,
)

FAMILY = Family(
    name="wav2vec2_conformer",
    title="wav2vec 2.0 Conformer",
    config=Wav2Vec2ConformerConfig,
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
    reference="wav2vec2_conformer_rel_pos_large",
    rules=(POSITIONS, ACTIVATION, CONV_KERNEL, POSITIONS_ODD, POS_CONV_DEAD, POSITIONS_COST, PADDING),
    is_timed=False,
)
