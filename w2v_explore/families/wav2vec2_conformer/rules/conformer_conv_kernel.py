"""The depthwise convolution's kernel is below 1 or even.

What it does
    Checks that encoder_conv_kernel is an odd number from 1.
Why is this bad
    Each layer adds the convolution's output to its input, frame by frame. With a padding of half a kernel on both sides
    an even kernel puts out another number of frames; transformers and fairseq refuse it.
Example
    extends: wav2vec2_conformer_rel_pos_large
    encoder_conv_kernel: 32
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_conv_kernel: 31
"""

from w2v_explore.families.wav2vec2_conformer.fields import CONV_KERNEL as RULE

__all__ = ["RULE"]

TORCH = "building raises"
