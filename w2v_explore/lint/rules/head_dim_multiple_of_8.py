"""The features of a head are no multiple of 8.

What it does
    Checks that encoder_embed_dim / encoder_num_heads is a multiple of 8.
Why is this bad
    The fused attention kernels of GPUs want it in half precision: others are padded, or take the slow path.
Example
    extends: base
    encoder_embed_dim: 720
Use instead
    extends: base
    encoder_embed_dim: 768
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import HEAD_DIM_MULTIPLE_OF_8 as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_embed_dim", "encoder_num_heads")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the features of a head."""
    head_dim = subject.model.encoder_embed_dim // subject.model.encoder_num_heads
    if head_dim % 8:
        message = f"a head has {head_dim} features; fused attention on GPUs wants a multiple of 8"
        yield Finding(message)
