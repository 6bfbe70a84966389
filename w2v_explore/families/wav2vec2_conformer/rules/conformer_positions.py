"""encoder_positions is none of relative, rotary and none.

What it does
    Checks that encoder_positions is one of the three ways in which attention knows positions.
Why is this bad
    transformers takes any other word for no positions at all, and says nothing. fairseq's rel_pos is relative, its rope
    is rotary; its abs, with a positional convolution that runs, has no place here.
Example
    extends: wav2vec2_conformer_rel_pos_large
    encoder_positions: absolute
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_positions: relative
"""

from w2v_explore.families.wav2vec2_conformer.fields import POSITIONS as RULE

__all__ = ["RULE"]

TORCH = "accepts"
