"""Published results of presets: a table of facts, each with its source; nothing is worked out of them."""

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

_TABLE = os.path.join(os.path.dirname(__file__), "results.yaml")
_MOST_BYTES = 2**20


class PublishedResult(NamedTuple):
    """A published result of a model.

    Attributes:
        preset: The preset whose architecture the model has, but for a head where the preset has none.
        model: The model, as it is called where it was published.
        benchmark: What was tested.
        metric: What of it: ``WER`` counts words that are wrong, ``PER`` phonemes.
        conditions: What was done to get it.
        error_percent: The share of errors in percent, by the set that was tested on.
        source: Where it stands.
    """

    preset: str
    model: str
    benchmark: str
    metric: str
    conditions: str
    error_percent: Mapping[str, float]
    source: str


def published_of(preset: str) -> tuple[PublishedResult, ...]:
    """The published results of a preset; none where none was found at its source."""
    return tuple([result for result in published_results() if result.preset == preset])


@cache
def published_results() -> tuple[PublishedResult, ...]:
    """All published results, in the order of the table."""
    # Nothing else of presets reads this table.
    import yaml

    from w2v_explore.files.read import read_whole

    rows = yaml.load(read_whole(_TABLE, _MOST_BYTES), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple([PublishedResult(**row) for row in rows])
