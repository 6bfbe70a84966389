"""The positional convolution is not 128 frames in 16 groups.

What it does
    Checks that encoder_pos_conv_kernel is 128 and encoder_pos_conv_groups 16, or what else every published model of
    the architecture has.
Why is this bad
    The checkpoints of these models fit nothing else.
Example
    extends: base
    encoder_pos_conv_kernel: 96
Use instead
    extends: base
    encoder_pos_conv_kernel: 128
"""

from collections.abc import Iterator

from w2v_explore.config.kinds import Integer
from w2v_explore.lint.codes import POS_CONV_CONVENTION as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_pos_conv_kernel", "encoder_pos_conv_groups")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at kernel and groups."""
    for key in KEYS:
        kind, value = subject.model.FIELDS[key].kind, getattr(subject.model, key)
        if isinstance(kind, Integer) and kind.usual not in (None, value):
            yield Finding(f"{key} is {value}; every published model has {kind.usual}", (key,))
