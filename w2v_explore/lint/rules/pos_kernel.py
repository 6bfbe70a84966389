"""The positional convolution's kernel is below 1.

What it does
    Checks that encoder_pos_conv_kernel is at least 1.
Why is this bad
    The positional convolution is the transformer's only sense of order; a kernel of 0 does not leave it out, but raises
    on building, as a negative one does.
Example
    extends: base
    encoder_pos_conv_kernel: 0
Use instead
    extends: base
    encoder_pos_conv_kernel: 128
"""

from w2v_explore.config.codes import POS_KERNEL as RULE

__all__ = ["RULE"]

TORCH = "building raises"
