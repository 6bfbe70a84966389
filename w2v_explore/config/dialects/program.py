"""`Program`: what the configs of one program hold beside the fields of a family."""

from collections.abc import Mapping
from typing import NamedTuple

from w2v_explore.config.dialects.columns import Guard


class Program(NamedTuple):
    """What one program says in its configs beside a family's fields.

    Attributes:
        title: What people call it.
        warned: What stands beside an architecture that is read all the same.
        ignored: What has no effect on the architecture, by what it is about; ``*`` stands for any ending.
        sizes: The fields that state a size of the encoder: without one, and without a known name of a model, a
            mapping states no architecture.
    """

    title: str
    warned: Mapping[str, Guard]
    ignored: Mapping[str, tuple[str, ...]]
    sizes: frozenset[str]
