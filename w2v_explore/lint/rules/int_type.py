"""A size or count is not a whole number.

What it does
    Checks that the width, heads, layers, kernel, groups, feed-forward features and outputs are whole numbers as YAML
    reads them: not 12.0, not "12", not true. aux_num_out may be null.
Why is this bad
    A quotient written as 12.0 builds a model as encoder_num_heads and fails in its first forward pass; true as
    encoder_pos_conv_groups does the same. Most other cases raise on building. The worst do not raise at all: true
    stands for 1 as encoder_num_layers, encoder_num_heads or encoder_pos_conv_kernel.
Example
    extends: base
    encoder_num_heads: 12.0
Use instead
    extends: base
    encoder_num_heads: 12
"""

from w2v_explore.config.codes import INT_TYPE as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
