"""The transformer's width is below 1.

What it does
    Checks that encoder_embed_dim is at least 1.
Why is this bad
    Building raises: for 0 with "0.0 cannot be raised to a negative power", from the scale of attention, and for a
    negative width with a tensor of negative size. Neither message names the field.
Example
    extends: base
    encoder_embed_dim: 0
Use instead
    extends: base
    encoder_embed_dim: 768
"""

from w2v_explore.config.codes import EMBED_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
