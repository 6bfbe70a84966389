"""A frame does not come every 20 ms.

What it does
    Checks that the product of the strides is 20 ms at the config's sample rate.
Why is this bad
    Every published model of the family makes 50 frames a second: labels, alignments, forced aligners and checkpoints
    count on it. Another shift is legal and sometimes meant (low-rate HuBERTs, 8 kHz telephony); say so with sample_rate
    or an ignore.
Example
    extends: base
    extractor_conv_layer_config: [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 4, 2]]
Use instead
    extends: base
    extractor_conv_layer_config: null
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import kernel_field
from w2v_explore.diagnostics import shown_number
from w2v_explore.lint.codes import FRAME_SHIFT as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("sample_rate", "extractor_conv_layer_config")

_USUAL_MS = 20


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the stride against 20 ms."""
    _, stride = kernel_field(subject.model)
    rate = subject.reading.sample_rate
    if 1000 * stride != _USUAL_MS * rate:
        message = (
            f"a frame comes every {1000 * stride / rate:.4g} ms ({shown_number(stride)} samples at {rate} Hz); "
            f"published models have {_USUAL_MS} ms, strides whose product is {_USUAL_MS * rate / 1000:g}"
        )
        yield Finding(message)
