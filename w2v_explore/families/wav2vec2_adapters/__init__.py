"""wav2vec 2.0 with adapters, as transformers has it: one in each layer (MMS), or convolutions behind the encoder."""

from w2v_explore.config.family import Family
from w2v_explore.families.wav2vec2_adapters.fields import (
    ADAPTER_CONV_POSITIVE,
    ADAPTER_FEATURES_POSITIVE,
    ADAPTER_FRAMES,
    ADAPTER_KERNEL,
    ADAPTER_LAYER_DROP,
    ADAPTER_LAYERS_POSITIVE,
    ADAPTER_UNUSED,
    ADAPTER_WIDTH_POSITIVE,
    AGREEMENTS,
    Wav2Vec2AdaptersConfig,
)

FAMILY = Family(
    name="wav2vec2_adapters",
    title="wav2vec 2.0 with adapters",
    config=Wav2Vec2AdaptersConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "feature_extractor",
        "feature_projection": "encoder.feature_projection",
        "positional_convolution": "encoder.transformer.pos_conv_embed",
        "transformer_layers": "encoder.transformer.layers",
        "adapter": "adapter",
        "aux": "aux",
    },
    roles={
        "extractor": ("feature_extractor",),
        "encoder": ("encoder",),
        "head": ("aux",),
        "adapters": ("encoder.transformer.layers.*.adapter_layer", "adapter"),
    },
    reference="mms_1b_all",
    rules=(
        ADAPTER_FEATURES_POSITIVE,
        ADAPTER_LAYERS_POSITIVE,
        ADAPTER_CONV_POSITIVE,
        ADAPTER_WIDTH_POSITIVE,
        ADAPTER_FRAMES,
        ADAPTER_UNUSED,
        ADAPTER_KERNEL,
        ADAPTER_LAYER_DROP,
    ),
)
