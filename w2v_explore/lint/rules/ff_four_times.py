"""The feed-forward block is not four times as wide as the model.

What it does
    Checks that encoder_ff_interm_features is 4 × encoder_embed_dim.
Why is this bad
    It is in every published model of the family. Another factor is a choice worth making on purpose: an edited
    width with a forgotten feed-forward width looks the same.
Example
    extends: base
    encoder_ff_interm_features: 2048
Use instead
    extends: base
    encoder_ff_interm_features: 3072
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import FF_FOUR_TIMES as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_embed_dim", "encoder_ff_interm_features")


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the two widths against each other."""
    width, inner = subject.model.encoder_embed_dim, subject.model.encoder_ff_interm_features
    if inner != 4 * width:
        message = (
            f"the feed-forward width is {inner}, {inner / width:.3g} × encoder_embed_dim; usual is 4 ×, {4 * width}"
        )
        yield Finding(message)
