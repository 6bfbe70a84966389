"""The attention heads are so narrow that attention becomes slow.

What it does
    Finds heads of fewer than 16 features (encoder_embed_dim / encoder_num_heads).
Why is this bad
    The MACs stay the same but matrix products with so short a side run far below the device's speed: on a CPU,
    attention over 499 frames took 17 ms with heads of 64, 31 ms with 8, 49 ms with 4.
Example
    extends: base
    encoder_num_heads: 96
Use instead
    extends: base
    encoder_num_heads: 12
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import HEAD_DIM_SMALL as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_embed_dim", "encoder_num_heads")

_LEAST = 16


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the features of a head."""
    width, heads = subject.model.encoder_embed_dim, subject.model.encoder_num_heads
    if width // heads < _LEAST and heads > 1:
        most = max(1, width // _LEAST)
        message = f"a head has {width // heads} features, which makes attention slow; write {most} heads or fewer"
        yield Finding(message)
