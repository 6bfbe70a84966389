"""How large a space may be to be gone through, and how long that takes."""

from __future__ import annotations

from time import perf_counter

from w2v_explore.errors import ArgumentError
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import CHUNK, Chunk, Worker
from w2v_explore.search.space.space import Space

MOST_COMBINATIONS = 10**9
"""Combinations of the largest space that is gone through."""

LONG_S = 600.0
"""What takes longer is asked for twice."""

_LEAST_TIMED = 2**22
"""Combinations of the least space that is timed: a lesser one takes minutes at worst."""

_TIMED_S = 1.0
_MOST_TIMED = 8
"""Chunks that are timed at most, and for how long further ones are begun."""


def require_countable(space: Space) -> None:
    """Refuse a space that is too large to be gone through.

    Raises:
        ArgumentError: It is; the message says how large it is, and what to do.
    """
    if space.size > MOST_COMBINATIONS:
        raise ArgumentError(
            f"the space has {_size(space)} combinations, and one of more than {MOST_COMBINATIONS:,} is not gone "
            "through; give a larger step, fewer fields or fewer values, or sample it with --trials N"
        )


def require_short(question: Question, processes: int) -> None:
    """Refuse a search that takes long, by the rate at which some chunks of it are worked out here.

    Args:
        question: The question, of a space that can be gone through.
        processes: How many work at once.

    Raises:
        ArgumentError: It takes longer than `LONG_S`; the message says how large the space is, how long it takes, and
            what to do.
    """
    if question.space.size < _LEAST_TIMED:
        return
    seconds = estimated_seconds(question) / processes
    if seconds > LONG_S:
        raise ArgumentError(
            f"the space has {_size(question.space)} combinations, and to go through them takes about "
            f"{_duration(seconds)} here; give --yes to do so, a larger step, fewer fields or fewer values, or sample "
            "it with --trials N"
        )


def estimated_seconds(question: Question) -> float:
    """How long one process of this machine takes for a space, from chunks that lie evenly in it."""
    size = question.space.size
    worker = Worker(question)
    # Formulas are found once for many chunks, so that the first one is no measure.
    worker.work(Chunk(0, min(CHUNK, size)))
    start = perf_counter()
    spent, done = 0.0, 0
    for number in range(_MOST_TIMED):
        first = size * (2 * number + 1) // (2 * _MOST_TIMED)
        last = min(first + CHUNK, size)
        worker.work(Chunk(first, last))
        done += last - first
        spent = perf_counter() - start
        if spent > _TIMED_S:
            break
    return spent * size / done


def _size(space: Space) -> str:
    """How many combinations there are, to three digits where nobody counts them."""
    return f"{space.size:,}" if space.size < 10**12 else f"{space.size:.3g}"


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
