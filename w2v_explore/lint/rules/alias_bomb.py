"""An alias leads back to itself, or expands to far more than a config holds.

What it does
    Checks that the value of a field, its aliases followed, ends, and holds at most 20,000 items.
Why is this bad
    A few hundred bytes of nested aliases stand for billions of values: a reader that follows them all runs out of time
    and memory, or loops.
Example
    extends: base
    extractor_conv_layer_config: &again [*again]
Use instead
    extends: base
    extractor_conv_layer_config: null
"""

from w2v_explore.config.codes import ALIAS_BOMB as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
