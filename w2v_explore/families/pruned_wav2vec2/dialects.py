"""How programs word the configs of pruned models: DPHuBERT alone has such, and its arguments are the fields."""

from collections.abc import Mapping

from w2v_explore.config.dialects.columns import Column, Guard

PYTHON = None
"""The function that takes the fields as arguments is in no package."""

COLUMNS: Mapping[str, Column] = {}
"""By the programs that have models of the family."""

_BEFORE = "about waveforms before the model"
_MASKS = "the masks that decide on what is pruned are parameters, which have no place here; read the model once pruned"

ARGUMENTS: Mapping[str, Guard] = {
    "normalize_waveform": Guard((False, True), _BEFORE),
    "use_layerwise_prune": Guard((False, None), _MASKS),
    **dict.fromkeys(
        (
            "extractor_prune_conv_channels", "encoder_prune_attention_heads", "encoder_prune_attention_layer",
            "encoder_prune_feed_forward_intermediate", "encoder_prune_feed_forward_layer",
        ),
        Guard((False, None), _MASKS),
    ),
}  # fmt: skip
"""The arguments of DPHuBERT's ``wav2vec2_model`` that are no fields."""

ASSUMED = {"extractor_channel_scale": True}
"""What its models have, and none of its arguments says."""
