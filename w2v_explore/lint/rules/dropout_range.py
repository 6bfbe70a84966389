"""A probability is not between 0 and 1.

What it does
    Checks that the four dropouts and encoder_layer_drop are from 0 to 1.
Why is this bad
    A percentage is the usual reason. Three of the dropouts raise on building; encoder_attention_dropout raises in
    training only. encoder_layer_drop is accepted silently: from 1 on, every layer is skipped in every training step,
    and below 0 none ever is.
Example
    extends: base
    encoder_dropout: 10
Use instead
    extends: base
    encoder_dropout: 0.1
"""

from w2v_explore.config.codes import DROPOUT_RANGE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
