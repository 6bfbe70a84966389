"""The file is no mapping.

What it does
    Checks that the file holds fields and values, and not a list, a single value, or nothing.
Why is this bad
    A config is passed as keyword arguments, wav2vec2_model(**config), which only a mapping can be. An empty file loads
    as null; a dash before each field makes a list of mappings.
Example
    - extends: base
    - encoder_num_layers: 6
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import NOT_A_MAPPING as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
