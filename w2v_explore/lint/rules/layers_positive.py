"""The transformer has no layers.

What it does
    Checks that encoder_num_layers is at least 1.
Why is this bad
    0 and negative numbers make an empty encoder that runs and trains like any other. Of base's 94.4 M parameters 9.3 M
    are left; frames still change with their neighbours, through the positional convolution, but nothing attends.
Example
    extends: base
    encoder_num_layers: 0
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import LAYERS_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
