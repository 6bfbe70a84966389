"""extractor_conv_layer_config is no list of [channels, kernel, stride].

What it does
    Checks that the value is null or a list of at most 1,000 layers, each of three whole numbers. For fairseq's Python
    expression, quoted or not, the message gives the YAML that says the same.
Why is this bad
    fairseq evaluates its conv_feature_layers as Python; YAML reads it as text, which cannot be unpacked into layers. A
    layer of two or four numbers, or a kernel of 3.0, raises on building as well. A stride of 2.0 builds, and raises in
    the forward pass.
Example
    extends: base
    extractor_conv_layer_config: "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512, 2, 2)] * 2"
Use instead
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2], [512, 2, 2]]
"""

from w2v_explore.config.codes import CONV_SHAPE as RULE

__all__ = ["RULE"]

TORCH = "building raises"
