"""The extractor's norm and the transformer's norm order do not go together.

What it does
    Checks that extractor_mode group_norm comes with encoder_layer_norm_first false, and layer_norm with true.
Why is this bad
    All published models pair them so: the base family normalises once and is post-norm, the large and multilingual
    ones normalise everywhere and are pre-norm. A mixture is usually half of an edit, and no checkpoint fits it.
Example
    extends: base
    encoder_layer_norm_first: true
Use instead
    extends: base
    extractor_mode: layer_norm
    encoder_layer_norm_first: true
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import NORM_PAIRING as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extractor_mode", "encoder_layer_norm_first")


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the two fields against each other."""
    model, entries = subject.model, subject.reading.entries
    if any(key in entries and not entries[key].stated and entries[key].names == (key,) for key in KEYS):
        return  # a program without a word for it has one order in all its models
    usual = model.extractor_mode == "layer_norm"
    if model.encoder_layer_norm_first is not usual:
        message = (
            f"extractor_mode {model.extractor_mode} goes with encoder_layer_norm_first {str(usual).lower()} in every "
            f"published model; here it is {str(not usual).lower()}"
        )
        yield Finding(message)
