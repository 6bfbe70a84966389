"""There is no positional convolution.

What it does
    Checks that encoder_pos_conv_depth is 1 or more.
Why is this bad
    Without a positional convolution attention does not know in which order the frames are.
Example
    extends: causal_base
    encoder_pos_conv_depth: 0
Use instead
    extends: causal_base
    encoder_pos_conv_depth: 3
"""

from w2v_explore.families.causal.fields import POS_CONV_DEPTH as RULE

__all__ = ["RULE"]

TORCH = "accepts"
