"""The number of heads is below 1.

What it does
    Checks that encoder_num_heads is at least 1.
Why is this bad
    The width is divided by the number of heads: 0 raises a ZeroDivisionError on building. A negative number that
    divides the width, as -12, builds, and raises in the forward pass.
Example
    extends: base
    encoder_num_heads: 0
Use instead
    extends: base
    encoder_num_heads: 12
"""

from w2v_explore.config.codes import HEADS_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
