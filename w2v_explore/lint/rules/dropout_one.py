"""A dropout of 1 drops everything.

What it does
    Finds a dropout probability of exactly 1.
Why is this bad
    Nothing passes in training: what comes out is the same whatever goes in, and nothing can be learned from it.
    Evaluation does not drop and so hides it.
Example
    extends: base
    encoder_dropout: 1.0
Use instead
    extends: base
    encoder_dropout: 0.1
"""

from collections.abc import Iterator
from functools import cache

from w2v_explore.config.family import Family
from w2v_explore.lint.codes import DROPOUT_ONE as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ()


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the dropouts that the config has."""
    for key in _dropouts(subject.reading.family):
        if getattr(subject.model, key) == 1:
            yield Finding(f"{key} is 1: in training nothing passes; write a probability below 1, as 0.1", (key,))


@cache
def _dropouts(family: Family) -> tuple[str, ...]:
    """The fields of a family's configs that are dropouts."""
    return tuple(key for key in family.config.FIELDS if key.endswith("_dropout"))
