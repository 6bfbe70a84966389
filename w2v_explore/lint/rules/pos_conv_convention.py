"""The positional convolution is not 128 frames in 16 groups.

What it does
    Checks that encoder_pos_conv_kernel is 128 and encoder_pos_conv_groups 16.
Why is this bad
    Every published model of the family has these; their checkpoints fit nothing else.
Example
    extends: base
    encoder_pos_conv_kernel: 96
Use instead
    extends: base
    encoder_pos_conv_kernel: 128
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import POS_CONV_CONVENTION as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_pos_conv_kernel", "encoder_pos_conv_groups")

_USUAL = (("encoder_pos_conv_kernel", 128), ("encoder_pos_conv_groups", 16))


def check(subject: Subject) -> Iterator[Finding]:
    """Look at kernel and groups."""
    for key, usual in _USUAL:
        value = getattr(subject.model, key)
        if value != usual:
            yield Finding(f"{key} is {value}; every published model has {usual}", (key,))
