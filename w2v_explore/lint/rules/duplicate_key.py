"""A key is given twice.

What it does
    Finds keys that a mapping holds more than once, at any level, and names the line of the first.
Why is this bad
    PyYAML keeps the last value and drops the others without a word. An edit to the first then changes nothing: the
    model below has 8 layers.
Example
    extends: base
    encoder_num_layers: 6
    encoder_num_layers: 8
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import DUPLICATE_KEY as RULE

__all__ = ["RULE"]

TORCH = "accepts"
