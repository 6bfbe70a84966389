"""The extractor has no convolutions.

What it does
    Finds an empty extractor_conv_layer_config.
Why is this bad
    The transformer's input is as wide as the last convolution's output; without one, building raises an IndexError. An
    empty list does not stand for the standard seven layers: null does.
Example
    extends: base
    extractor_conv_layer_config: []
Use instead
    extends: base
    extractor_conv_layer_config: null
"""

from w2v_explore.config.codes import CONV_EMPTY as RULE

__all__ = ["RULE"]

TORCH = "building raises"
