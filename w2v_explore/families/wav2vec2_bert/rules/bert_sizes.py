"""A size of the features, the distances or the adapter is too small.

What it does
    Checks that feature_channels, adapter_num_layers, adapter_kernel, adapter_stride and adapter_embed_dim are 1 or
    more, and encoder_max_left and encoder_max_right 0 or more.
Why is this bad
    There is no layer of such a size: torch refuses to make it, or to run it.
Example
    extends: w2v_bert_2
    feature_channels: 0
Use instead
    extends: w2v_bert_2
    feature_channels: 160
"""

from w2v_explore.families.wav2vec2_bert.fields import SIZES as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
