"""The run of a question through a space."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike

from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Found, Worker, chunks_of, joined

Progress = Callable[[str, int, int], None]
"""Called with what is done, how many combinations are done, and how many there are."""


def run(
    question: Question,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Found:
    """What a question finds, chunk by chunk."""
    worker = Worker(question)
    found: Found | None = None
    for chunk in chunks_of(question.space.size):
        part = worker.work(chunk)
        found = part if found is None else joined(question, [found, part])
    assert found is not None, "a space has a combination at least"
    return found
