"""The positional convolution's groups do not divide the width.

What it does
    Checks that encoder_pos_conv_groups is at least 1 and that encoder_embed_dim is a multiple of it.
Why is this bad
    Each group convolves the same whole number of features. 0 and negative numbers raise on building as well.
Example
    extends: base
    encoder_pos_conv_groups: 10
Use instead
    extends: base
    encoder_pos_conv_groups: 16
"""

from w2v_explore.config.codes import POS_GROUPS_DIVIDE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
