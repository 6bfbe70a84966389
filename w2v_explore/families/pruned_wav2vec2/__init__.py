"""wav2vec 2.0 after structured pruning (Peng et al. 2023, DPHuBERT): layers differ in width, and may lack a block."""

from w2v_explore.config.family import Family
from w2v_explore.families.pruned_wav2vec2.fields import (
    AGREEMENTS,
    INNER_MULTIPLE_OF_8,
    LAYER_LIST,
    LAYER_WIDTH,
    PrunedConfig,
)

FAMILY = Family(
    name="pruned_wav2vec2",
    title="Pruned wav2vec 2.0",
    config=PrunedConfig,
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
    reference="hubert_base_prunable",
    rules=(LAYER_LIST, LAYER_WIDTH, INNER_MULTIPLE_OF_8),
)
