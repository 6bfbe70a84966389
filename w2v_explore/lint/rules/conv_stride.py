"""A convolution's stride is below 1.

What it does
    Checks the third number of each layer of extractor_conv_layer_config.
Why is this bad
    A convolution that does not move forward has no number of frames. torch looks at the stride only when it convolves,
    so that a stride of 0, or a negative one, passes until the first forward pass.
Example
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 0], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
Use instead
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
"""

from w2v_explore.config.codes import CONV_STRIDE as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
