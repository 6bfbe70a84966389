"""The kernel of the adapter's convolutions is not 3, for which transformers counts their frames.

What it does
    Checks that adapter_kernel is 3 where add_adapter is true.
Why is this bad
    Each convolution has one frame of padding on each side, whatever its kernel. transformers works out the valid frames
    of each utterance as if the kernel were 3, for CTC's loss and for masks: with a greater one it counts more than
    there are, and the loss raises or reads past the end of shorter utterances; with a smaller one it leaves some out.
Example
    extends: mms_1b_all
    add_adapter: true
    adapter_stride: 1
    adapter_kernel: 5
Use instead
    extends: mms_1b_all
    add_adapter: true
    adapter_stride: 1
    adapter_kernel: 3
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_KERNEL as RULE
from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_PADDING
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("add_adapter", "adapter_kernel")

_USUAL = 2 * ADAPTER_PADDING + 1


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the kernel."""
    model = subject.model
    if model.add_adapter and model.adapter_kernel != _USUAL:
        yield Finding(
            f"adapter_kernel is {model.adapter_kernel}, and transformers counts the frames that come out as of "
            f"{_USUAL}; write {_USUAL}"
        )
