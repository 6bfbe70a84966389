"""The extractor's convolutions have a bias although group norm follows the first.

What it does
    Finds extractor_conv_bias true with extractor_mode group_norm.
Why is this bad
    Group norm subtracts each channel's mean over time, and with it the first convolution's bias: those parameters do
    nothing. No published group_norm model has a bias.
Example
    extends: base
    extractor_conv_bias: true
Use instead
    extends: base
    extractor_conv_bias: false
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import BIAS_WITH_GROUP_NORM as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extractor_mode", "extractor_conv_bias")


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the two fields against each other."""
    if subject.model.extractor_mode == "group_norm" and subject.model.extractor_conv_bias:
        message = "group_norm removes the first convolution's bias again; write extractor_conv_bias: false"
        yield Finding(message)
