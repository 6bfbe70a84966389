"""The config that this one extends cannot be read.

What it does
    Checks that extends names a preset, or a readable file that is a config of a model, right or wrong. Of any other
    file nothing is quoted, since a config can name what its reader alone may read. A relative path starts from the
    folder of the file that states it, not from the working folder. A config inside a checkpoint extends nothing.
Why is this bad
    What the file does not state itself is unknown, and only what it does state is checked.
Example
    extends: bsae
    encoder_num_layers: 6
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import EXTENDS_MISSING as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
