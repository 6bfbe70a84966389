"""LayerDrop leaves parameters without gradients.

What it does
    Says so where encoder_layer_drop is above 0.
Why is this bad
    A skipped layer's parameters get no gradient in that step. DistributedDataParallel then stops with an error unless
    it is made with find_unused_parameters=True, which costs time in every step.
Example
    extends: base
    encoder_layer_drop: 0.1
Use instead
    extends: base
    encoder_layer_drop: 0.0
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import LAYER_DROP_DDP as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the probability."""
    if subject.model.encoder_layer_drop > 0:
        message = "with encoder_layer_drop above 0, DistributedDataParallel needs find_unused_parameters=True"
        yield Finding(message, ("encoder_layer_drop",))
