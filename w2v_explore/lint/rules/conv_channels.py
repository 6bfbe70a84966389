"""A convolution has less than one channel.

What it does
    Checks the first number of each layer of extractor_conv_layer_config.
Why is this bad
    Nothing passes through a layer of 0 channels. The model builds all the same, and its forward pass raises; only in
    the first layer under group_norm does building raise, with a ZeroDivisionError. A negative number raises on
    building.
Example
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [0, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
Use instead
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
"""

from w2v_explore.config.codes import CONV_CHANNELS as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
