"""What a batch really holds, on average: fewer seconds than its ceiling, since whole utterances are put into it.

Of a corpus quantiles of the durations are enough, which corpora.yaml has of LibriSpeech.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from math import fsum
from typing import Any, NamedTuple

from w2v_explore.analysis.plan.tables import table

_FILE = "corpora.yaml"
# Into so many utterances of equal weight a subset's quantiles are resolved.
_RESOLUTION = 500

BATCH_MULTIPLE = 8
"""fairseq's default of ``required_batch_size_multiple``."""

TRAINERS_BATCH_SIZE = 8
"""Trainer's default of ``per_device_train_batch_size``."""

SORTED_TOGETHER = 50
"""Trainer's ``group_by_length`` sorts so many updates' batches at a time."""

Utterances = Sequence[tuple[float, float]]
"""Durations in seconds, the shortest first, and the share of utterances that have each."""


class ComputedBatch(NamedTuple):
    """What a device computes, padding included.

    Attributes:
        device_seconds: Audio.
        utterance_seconds: The length of utterances at which attention costs what theirs do together.
    """

    device_seconds: float
    utterance_seconds: float


@cache
def utterances_of(corpus: str) -> Utterances:
    """The durations of a corpus of corpora.yaml."""
    lengths = _lengths_of(corpus)
    total = sum(subset["utterances"] for subset in lengths["subsets"])
    found = []
    for subset in lengths["subsets"]:
        weight = subset["utterances"] / total / _RESOLUTION
        found += [(seconds, weight) for seconds in between_quantiles(lengths["shares"], subset["seconds"], _RESOLUTION)]
    return sorted(found)


def longest_of(corpus: str) -> float:
    """The seconds of the longest utterance of a corpus of corpora.yaml."""
    return float(max(max(subset["seconds"]) for subset in _lengths_of(corpus)["subsets"]))


@cache
def _lengths_of(corpus: str) -> Mapping[str, Any]:
    lengths: Mapping[str, Any] = table(_FILE)[corpus]
    return lengths


def between_quantiles(shares: Sequence[float], seconds: Sequence[float], number: int) -> list[float]:
    """So many durations of equal weight, straight lines between quantiles."""
    found, at = [], 0
    for index in range(number):
        share = (index + 0.5) / number
        while shares[at + 1] < share:
            at += 1
        within = (share - shares[at]) / (shares[at + 1] - shares[at])
        found.append(seconds[at] + within * (seconds[at + 1] - seconds[at]))
    return found


def by_max_tokens(
    utterances: Utterances,
    device_seconds: float,
    crop_seconds: float,
    *,
    multiple: int = BATCH_MULTIPLE,
    most: int | None = None,
) -> ComputedBatch:
    """The batches of fairseq: utterances of nearly one length, as many as ``max_tokens`` has room for, on average.

    Args:
        utterances: Of the corpus.
        device_seconds: The ceiling of a batch.
        crop_seconds: What utterances are cut to.
        multiple: A batch of as many utterances or more is cut down to a multiple of it.
        most: Utterances that a batch may have; None for no limit.
    """
    batches = seconds = squares = 0.0
    for duration, share in utterances:
        length = min(duration, crop_seconds)
        number = max(1, int(device_seconds // length))
        if most is not None:
            number = min(number, most)
        if number >= multiple:
            number -= number % multiple
        batches += share / number
        seconds += share * length
        squares += share * length * length
    return ComputedBatch(seconds / batches, squares / seconds)


def whole_crops(device_seconds: float, crop_seconds: float) -> ComputedBatch:
    """Batches of utterances that are all cut to one length, of which whole ones fit under the ceiling."""
    return ComputedBatch(device_seconds // crop_seconds * crop_seconds, crop_seconds)


def by_their_sum(utterances: Utterances, device_seconds: float, crop_seconds: float) -> ComputedBatch:
    """Batches that take utterances as long as their sum has room: half an utterance is left free on average."""
    lengths = [(min(duration, crop_seconds), share) for duration, share in utterances]
    seconds = fsum(length * share for length, share in lengths)
    squares = fsum(length * length * share for length, share in lengths)
    return ComputedBatch(device_seconds - squares / seconds / 2, squares / seconds)


def padded(utterances: Utterances, number: float, together: int, most_seconds: float) -> ComputedBatch:
    """Batches at random, each padded to its longest; longer utterances than the most are left out.

    Args:
        utterances: Of the corpus.
        number: How many a device computes in an update.
        together: How many of them at once.
        most_seconds: Of an utterance that is taken.
    """
    kept = [(duration, share) for duration, share in utterances if duration <= most_seconds]
    all_kept = fsum(share for _, share in kept)
    before = longest = 0.0
    for duration, share in kept:
        after = before + share / all_kept
        longest += duration * (after**together - before**together)
        before = after
    return ComputedBatch(number * longest, longest)


def grouped(utterances: Utterances, number: float, accumulate: int) -> ComputedBatch:
    """Batches of about one length each, as Trainer's ``group_by_length`` makes them, each padded to its longest.

    Args:
        utterances: That are taken.
        number: How many a device computes at once.
        accumulate: Batches that an update adds up.
    """
    parts = SORTED_TOGETHER * accumulate
    a_part = fsum(share for _, share in utterances) / parts
    longest: list[float] = []
    before = 0.0
    for duration, share in utterances:
        before += share
        # Of each part that ends with this utterance; what sums up to whole ones may be a little less.
        longest += [duration] * (int(before / a_part + 1e-6) - len(longest))
    longest += [utterances[-1][0]] * (parts - len(longest))
    total = fsum(longest)
    return ComputedBatch(number * total / parts, fsum(seconds * seconds for seconds in longest) / total)
