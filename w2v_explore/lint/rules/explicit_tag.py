"""A value has a tag that means nothing in a config.

What it does
    Finds tags other than YAML's own (!!int, !!str and the like): !!python/tuple, !mine.
Why is this bad
    yaml.dump writes the tuples of a Python config with such a tag, and yaml.safe_load then refuses the file. An unsafe
    loader does what the tag says, and !!python/object/apply says to call any function. Here no tag is ever followed.
Example
    extends: base
    extractor_conv_layer_config:
      - !!python/tuple [512, 10, 5]
      - !!python/tuple [512, 3, 2]
      - !!python/tuple [512, 3, 2]
      - !!python/tuple [512, 3, 2]
      - !!python/tuple [512, 3, 2]
      - !!python/tuple [512, 2, 2]
      - !!python/tuple [512, 2, 2]
Use instead
    extends: base
    extractor_conv_layer_config:
      - [512, 10, 5]
      - [512, 3, 2]
      - [512, 3, 2]
      - [512, 3, 2]
      - [512, 3, 2]
      - [512, 2, 2]
      - [512, 2, 2]
"""

from w2v_explore.config.codes import EXPLICIT_TAG as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
