"""There are both a head for a vocabulary and heads that predict layers.

What it does
    Checks that aux_num_out or prediction_num_heads is null.
Why is this bad
    A model has one output. s3prl's, which predict layers, have no vocabulary, and transformers' no predictions.
Example
    extends: distilhubert
    aux_num_out: 32
    prediction_num_heads: 2
    prediction_dim: 768
Use instead
    extends: distilhubert
    aux_num_out: 32
"""

from w2v_explore.families.distilhubert.fields import TWO_HEADS as RULE

__all__ = ["RULE"]

TORCH = "accepts"
