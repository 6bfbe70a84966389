"""The file is not readable as YAML.

What it does
    Reads the file as YAML and reports where that fails: a tab in the indentation, a colon inside plain text, a bracket
    or quote left open, an alias without its anchor, a second document.
Why is this bad
    Nothing after that place is known, so no other rule can run on the file.
Example
    extends: base
    name: wav2vec 2.0: six layers
Use instead
    extends: base
    name: "wav2vec 2.0: six layers"
"""

from w2v_explore.config.codes import YAML_SYNTAX as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
