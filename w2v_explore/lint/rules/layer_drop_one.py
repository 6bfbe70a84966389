"""A LayerDrop of 1 skips every layer.

What it does
    Finds an encoder_layer_drop of exactly 1.
Why is this bad
    In training no transformer layer ever runs, so none of them learns. Evaluation runs them all, untrained.
Example
    extends: base
    encoder_layer_drop: 1.0
Use instead
    extends: base
    encoder_layer_drop: 0.1
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import LAYER_DROP_ONE as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_layer_drop",)


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the probability."""
    if subject.model.encoder_layer_drop == 1:
        message = (
            "encoder_layer_drop is 1: in training no transformer layer ever runs; write a probability below 1, as 0.1"
        )
        yield Finding(message)
