"""A position is held by an odd number of channels.

What it does
    Checks that encoder_embed_dim is even where encoder_positions is relative, and that the channels of a head are an
    even number where it is rotary.
Why is this bad
    A position is made of pairs: a sine and a cosine of each rate over the whole width, or two channels of a head that
    turn together. The last of an odd number has no partner.
Example
    extends: wav2vec2_conformer_rel_pos_large
    encoder_embed_dim: 1023
    encoder_num_heads: 11
    encoder_pos_conv_groups: 11
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_embed_dim: 1024
"""

from w2v_explore.families.wav2vec2_conformer.fields import POSITIONS_ODD as RULE

__all__ = ["RULE"]

TORCH = "building raises"
