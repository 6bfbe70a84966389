"""A frame does not see 25 ms.

What it does
    Checks that the extractor's receptive field is 25 ms at the config's sample rate.
Why is this bad
    Every published model of the family sees 25 ms a frame. Kernels that are shorter or longer by mistake (a layer lost
    in copying, another sample rate) change it without any error.
Example
    extends: base
    extractor_conv_layer_config:
      [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 3, 2], [512, 2, 2]]
Use instead
    extends: base
    extractor_conv_layer_config: null
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import kernel_field
from w2v_explore.diagnostics import shown_number
from w2v_explore.lint.codes import RECEPTIVE_FIELD as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("sample_rate", "extractor_conv_layer_config")

_USUAL_MS = 25


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the receptive field against 25 ms."""
    field, _ = kernel_field(subject.model)
    rate = subject.reading.sample_rate
    if 1000 * field != _USUAL_MS * rate:
        message = (
            f"a frame sees {1000 * field / rate:.4g} ms ({shown_number(field)} samples at {rate} Hz); "
            f"published models have {_USUAL_MS} ms, {_USUAL_MS * rate / 1000:g} samples"
        )
        yield Finding(message)
