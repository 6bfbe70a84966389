"""Padding changes the output of other samples.

What it does
    Says so where extractor_mode is group_norm. Advice, because it matters only to those who batch utterances of
    different lengths.
Why is this bad
    Group norm takes its statistics over the whole padded row, and lengths do not reach it: an utterance gives another
    output in a padded batch than alone (by 0.67 in one measurement, where layer_norm differs by 7e-7). Results then
    depend on the batch; evaluate one by one, or in batches of equal length.
Example
    extends: base
    extractor_mode: group_norm
Use instead
    extends: large_lv60k
    extractor_mode: layer_norm
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import PADDING_LEAKS as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "extractor_mode")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the mode."""
    if subject.model.extractor_mode == "group_norm":
        message = "with group_norm, padding changes an utterance's output; evaluate one by one or in equal lengths"
        yield Finding(message)
