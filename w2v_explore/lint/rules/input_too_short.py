"""The duration in question is too short for a single frame.

What it does
    Checks, where a duration is given (`--seconds`, or `seconds` in pyproject.toml), that it gives a frame.
Why is this bad
    The extractor's convolutions have no padding: an input shorter than their receptive field makes forward() raise; so
    does one too short for a frame of features.
    With group norm and one utterance the first layer has to put out two frames, or the norm raises.
Example
    extends: base
    # with --seconds 0.02
Use instead
    extends: base
    # with --seconds 0.025
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.diagnostics import shown_number
from w2v_explore.lint.codes import INPUT_TOO_SHORT as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "forward raises"
KEYS = ()
_CAUSES = ("extends", "sample_rate", "extractor_mode", "extractor_conv_layer_config")


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the duration against the shortest input."""
    seconds, rate = subject.settings.seconds, subject.reading.sample_rate
    if seconds is None:
        return
    samples, least = round(seconds * rate), minimum_samples(subject.model, batch=1)
    if samples < least:
        message = (
            f"{seconds:g} s are {samples} samples at {rate} Hz; the first frame needs {shown_number(least)} "
            f"({least / rate:g} s)"
        )
        # Features are made outside the model, and no field says how.
        yield Finding(message, _CAUSES if hasattr(subject.model, "conv_layers") else ())
