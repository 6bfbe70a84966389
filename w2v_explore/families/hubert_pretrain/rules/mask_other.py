"""The shortest masked span is longer than the longest.

What it does
    Checks that, where mask_selection is uniform, mask_other is at most twice mask_length; the same of channels.
Why is this bad
    Lengths are then drawn evenly from mask_other to twice mask_length. There are none, and the first step raises.
Example
    extends: hubert_pretrain_base
    mask_selection: uniform
    mask_other: 25
    mask_length: 10
Use instead
    extends: hubert_pretrain_base
    mask_selection: uniform
    mask_other: 5
    mask_length: 10
"""

from w2v_explore.families.hubert_pretrain.fields import MASK_OTHER as RULE

__all__ = ["RULE"]

TORCH = "forward raises"
