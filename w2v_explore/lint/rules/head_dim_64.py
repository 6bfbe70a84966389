"""The features of a head are not 64.

What it does
    Checks that encoder_embed_dim / encoder_num_heads is 64.
Why is this bad
    Most published models have 64 (XLS-R 1B and 2B: 80 and 120), and attention kernels are tuned for it.
Example
    extends: base
    encoder_num_heads: 8
Use instead
    extends: base
    encoder_num_heads: 12
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import HEAD_DIM_64 as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_embed_dim", "encoder_num_heads")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the features of a head."""
    head_dim = subject.model.encoder_embed_dim // subject.model.encoder_num_heads
    if head_dim != 64:
        message = f"a head has {head_dim} features; most published models have 64"
        yield Finding(message)
