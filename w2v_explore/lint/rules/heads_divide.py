"""The number of heads does not divide the width.

What it does
    Checks that encoder_embed_dim is a multiple of encoder_num_heads.
Why is this bad
    Attention splits the width evenly between its heads, so that each head needs the same whole number of features.
Example
    extends: base
    encoder_num_heads: 7
Use instead
    extends: base
    encoder_num_heads: 8
"""

from w2v_explore.config.codes import HEADS_DIVIDE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
