"""There are fewer than one head that predicts a layer, or their width is below 1.

What it does
    Checks that prediction_num_heads and prediction_dim are at least 1, or null.
Why is this bad
    A model without these heads says null; a layer of no size cannot be built or computes nothing.
Example
    extends: distilhubert
    prediction_num_heads: 0
    prediction_dim: 768
Use instead
    extends: distilhubert
    prediction_num_heads: null
    prediction_dim: null
"""

from w2v_explore.families.distilhubert.fields import PREDICTION_SIZE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
