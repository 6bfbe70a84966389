"""The head has no outputs.

What it does
    Checks that aux_num_out is at least 1, or null for no head.
Why is this bad
    0 is not null: it makes a head without outputs, and the model's output is an empty tensor of shape (batch, frames,
    0), where null gives the transformer's features. A negative number raises on building.
Example
    extends: base
    aux_num_out: 0
Use instead
    extends: base
    aux_num_out: null
"""

from w2v_explore.config.codes import AUX_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
