"""There is no positional convolution.

What it does
    Checks that encoder_pos_conv_depth is at least 1.
Why is this bad
    The positional convolutions are the transformer's only sense of order. transformers takes 0 without a word, and
    then adds each frame to itself.
Example
    extends: data2vec_audio_base
    encoder_pos_conv_depth: 0
Use instead
    extends: data2vec_audio_base
    encoder_pos_conv_depth: 5
"""

from w2v_explore.families.data2vec_audio.fields import POS_DEPTH as RULE

__all__ = ["RULE"]

TORCH = "accepts"
