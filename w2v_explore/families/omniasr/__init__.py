"""The encoder of omniASR (Omnilingual ASR team 2025): a large wav2vec 2.0 without weight norm, in up to 128 layers."""

from w2v_explore.config.family import Family
from w2v_explore.families.omniasr.fields import AGREEMENTS, POS_KERNEL_ODD, OmniASRConfig

FAMILY = Family(
    name="omniasr",
    title="omniASR",
    config=OmniASRConfig,
    agreements=AGREEMENTS,
    components={
        "feature_extractor": "subsampling.conv_layers",
        "feature_projection": "subsampling.projection",
        "positional_convolution": "encode_positions",
        "transformer_layers": "layers",
        "aux": "ctc_head",
    },
    roles={
        "extractor": ("subsampling.conv_layers",),
        "encoder": ("subsampling.layer_norm", "subsampling.projection", "encode_positions", "layers", "layer_norm"),
        "head": ("ctc_head",),
    },
    reference="omniasr_300m",
    rules=(POS_KERNEL_ODD,),
)
