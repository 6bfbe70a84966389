"""An odd width cannot hold positions that are pairs of a sine and a cosine.

What it does
    Checks that with relative positions encoder_embed_dim, with rotary ones the width of a head, is even.
Why is this bad
    An embedding of relative positions is a sine and a cosine for each two channels, and rotary positions turn pairs of
    a head's channels. The last channel has no partner, and forward() raises.
Example
    extends: w2v_bert_2
    encoder_positions: rotary
    encoder_embed_dim: 1008
Use instead
    extends: w2v_bert_2
    encoder_positions: rotary
    encoder_embed_dim: 1024
"""

from w2v_explore.families.wav2vec2_bert.fields import POSITIONS_ODD as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
