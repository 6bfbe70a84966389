"""The config extends itself.

What it does
    Follows extends from file to file, and checks that none comes twice and that at most 16 are extended.
Why is this bad
    Every value would be taken from the next file for ever. The last file of a chain has to state all fields.
Example
    # this file is config.yaml
    extends: config.yaml
    encoder_num_layers: 6
Use instead
    # this file is config.yaml
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import EXTENDS_CYCLE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
