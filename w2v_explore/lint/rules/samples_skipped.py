"""Some samples reach no frame.

What it does
    Follows the convolutions back to the waveform and checks that every sample lies under some frame.
Why is this bad
    A stride wider than what its kernel covers steps over input: with kernel 5 and stride 10, half of all samples have
    no influence on the output and get no gradient. A later layer can do the same to what an earlier one computed.
Example
    extends: base
    extractor_conv_layer_config: [[512, 16, 32], [512, 3, 2], [512, 6, 5]]
Use instead
    extends: base
    extractor_conv_layer_config: null
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import SAMPLES_SKIPPED as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extractor_conv_layer_config",)

# Beyond this stride the pattern is not worked out; no audio model comes near.
_MAX_STRIDE = 100_000


def check(subject: Subject) -> Iterator[Finding]:
    """Work out which samples of one period of the stride lie under a frame."""
    layers = subject.model.conv_layers
    wide = [number for number, (_, kernel, stride) in enumerate(layers) if stride > kernel]
    if not wide:
        return
    seen, period = {0}, 1
    for _, kernel, stride in reversed(layers):
        if period * stride > _MAX_STRIDE:
            return
        period *= stride
        reach = range(min(kernel, period))
        seen = {(stride * position + offset) % period for position in seen for offset in reach}
        if len(seen) == period:
            seen, period = {0}, 1
    skipped = 1 - len(seen) / period
    if skipped:
        (key,) = KEYS
        number = wide[0]
        _, kernel, stride = layers[number]
        message = (
            f"{key}[{number}] has stride {stride} and kernel {kernel}, so that {100 * skipped:.3g} % of all samples "
            f"reach no frame; write a kernel of at least {stride}"
        )
        yield Finding(message, item=(number,))
