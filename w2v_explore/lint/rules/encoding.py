"""The file is not UTF-8, or holds a character that YAML forbids.

What it does
    Decodes the file as UTF-8, or as UTF-16 where it begins with a byte order mark, and looks for control characters
    such as NUL and escape.
Why is this bad
    Latin-1, Windows-1252 and UTF-16 without a mark look right in the editor that wrote them and fail in every YAML
    reader; PyYAML's error gives an offset into the file, not a line.
Example
    # saved as Latin-1, where è is the single byte E8
    extends: base
    name: modèle de base
Use instead
    # saved as UTF-8
    extends: base
    name: modèle de base
"""

from w2v_explore.config.codes import ENCODING as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
