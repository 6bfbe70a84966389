"""The heads that predict layers are not stated whole, or have no size.

What it does
    Checks that prediction_num_heads and prediction_dim are both numbers from 1, or both null.
Why is this bad
    Heads need both, and a model without them has neither: what is meant cannot be told.
Example
    extends: distilhubert
    prediction_num_heads: 2
Use instead
    extends: distilhubert
    prediction_num_heads: 2
    prediction_dim: 768
"""

from w2v_explore.families.distilhubert.fields import PREDICTION_HEADS as RULE

__all__ = ["RULE"]

TORCH = "accepts"
