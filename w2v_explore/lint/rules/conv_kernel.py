"""A convolution's kernel is below 1.

What it does
    Checks the second number of each layer of extractor_conv_layer_config.
Why is this bad
    A kernel of 0 has no weights: the model builds, and its forward pass raises an error that names neither the layer
    nor the kernel. A negative kernel raises on building.
Example
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 0, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
Use instead
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
"""

from w2v_explore.config.codes import CONV_KERNEL as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
