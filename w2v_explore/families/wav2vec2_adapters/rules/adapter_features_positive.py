"""The adapter in each layer has no features.

What it does
    Checks that encoder_adapter_features is 1 or more, or null.
Why is this bad
    The adapter would be an empty matrix and a bias. null is the way to say that layers have no adapter.
Example
    extends: mms_1b_all
    encoder_adapter_features: 0
Use instead
    extends: mms_1b_all
    encoder_adapter_features: null
"""

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_FEATURES_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
