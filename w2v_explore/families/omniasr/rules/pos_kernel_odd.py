"""The positional convolution's kernel is odd.

What it does
    Checks that encoder_pos_conv_kernel is an even number.
Why is this bad
    The model drops the last frame that the positional convolution puts out, whatever its kernel. With an even kernel
    that is the one frame too many; with an odd one there is none, and what is left is too short to be added to the
    frames that the convolution took.
Example
    extends: omniasr_300m
    encoder_pos_conv_kernel: 127
Use instead
    extends: omniasr_300m
    encoder_pos_conv_kernel: 128
"""

from w2v_explore.families.omniasr.fields import POS_KERNEL_ODD as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
