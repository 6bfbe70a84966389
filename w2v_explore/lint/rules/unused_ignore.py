"""An ignore comment ignores nothing.

What it does
    Finds `# w2v: ignore[CODE]` comments for which there is no such problem on the line, or in the file where the
    comment stands at the top. Runs whenever a file has such comments.
Why is this bad
    What it once excused is gone; left in place, it would hide the next mistake of the kind.
Example
    extends: base
    encoder_num_layers: 6  # w2v: ignore[W305] half as deep
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.lint.codes import UNUSED_IGNORE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
