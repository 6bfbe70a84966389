"""LayerDrop leaves out convolutions of the adapter, and changes the number of frames.

What it does
    Says so where add_adapter is true and encoder_layer_drop above 0.
Why is this bad
    transformers draws for each convolution behind the encoder whether to leave it out in a training step, as it does
    for the encoder's layers. Each one that is left out doubles the frames that come out, while the lengths that it
    gives a CTC loss stay those of all. The model here runs them all, and the figures of training are of that.
Example
    extends: mms_1b_all
    add_adapter: true
    adapter_stride: 1
    encoder_layer_drop: 0.1
Use instead
    extends: mms_1b_all
    add_adapter: true
    adapter_stride: 1
    encoder_layer_drop: 0.0
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_LAYER_DROP as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("add_adapter", "encoder_layer_drop")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the probability."""
    model = subject.model
    if model.add_adapter and model.encoder_layer_drop > 0:
        yield Finding(
            f"encoder_layer_drop is {model.encoder_layer_drop:g}, and transformers leaves out convolutions of the "
            "adapter too, which changes the number of frames from step to step; write 0.0"
        )
