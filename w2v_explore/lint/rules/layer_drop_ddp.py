"""LayerDrop leaves parameters without gradients.

What it does
    Says so where encoder_layer_drop is above 0, and names activation checkpoints where another program's config asks
    for them (`gradient_checkpointing: true`, in fairseq `checkpoint_activations: true`).
Why is this bad
    A skipped layer's parameters get no gradient in that step. DistributedDataParallel then stops with an error unless
    it is made with find_unused_parameters=True, which costs time in every step. That alone does not help where the
    layers run under reentrant checkpoints (`torch.utils.checkpoint` with use_reentrant=True): the parameters of a layer
    are then marked ready twice, and the first backward pass raises. Non-reentrant checkpoints
    (use_reentrant=False) work together with find_unused_parameters=True; so does a LayerDrop of 0 without either.
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
KEYS = ("extends", "encoder_layer_drop")

_SWITCHES = ("gradient_checkpointing", "checkpoint_activations")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the probability."""
    if subject.model.encoder_layer_drop <= 0:
        return
    message = "with encoder_layer_drop above 0, DistributedDataParallel needs find_unused_parameters=True"
    switch = _checkpoints(subject)
    if switch is not None:
        message += f", and {switch} non-reentrant checkpoints (use_reentrant=False); or set encoder_layer_drop to 0"
    yield Finding(message)


def _checkpoints(subject: Subject) -> str | None:
    """The setting of another program's config that asks for activation checkpoints."""
    for layer in (subject.document, *subject.reading.bases):
        for account in layer.translation.accounts if layer.translation is not None else ():
            name = account.theirs.rpartition(".")[2]
            if name in _SWITCHES and account.value is True:
                return name
    return None
