"""A switch is not true or false.

What it does
    Checks that extractor_conv_bias and encoder_layer_norm_first are booleans.
Why is this bad
    Python takes any text that is not empty for true. "false" in quotes therefore switches the bias on, and the model
    has 3,584 parameters more than was meant; as encoder_layer_norm_first it makes a post-norm model pre-norm. 0, 1 and
    null are accepted too, and do what they seem to.
Example
    extends: base
    extractor_conv_bias: "false"
Use instead
    extends: base
    extractor_conv_bias: false
"""

from w2v_explore.config.codes import BOOL_TYPE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
