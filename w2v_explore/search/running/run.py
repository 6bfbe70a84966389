"""The run of a question through a space."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from os import PathLike
from time import monotonic

import numpy as np

from w2v_explore.arguments import kind_of, path_text
from w2v_explore.errors import ArgumentError
from w2v_explore.files.write import require_writable
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Chunk, Found, Worker, chunks_of
from w2v_explore.search.running.saved import read_tally, write_tally
from w2v_explore.search.running.tally import Tally

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it is, and how much there is."""

MAX_WORKERS = 1_024
"""Processes that one machine may be asked to start."""

# A process takes as long to start as some chunks to be worked out.
_CHUNKS_EACH = 2

# What was found is written as often as nobody minds losing what came after, and takes a small part of the time.
_SAVE_S = 5.0
_SAVE_SHARE = 0.05


def run(
    question: Question,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Found:
    """What a question finds in a space, chunk by chunk; the same whatever runs the chunks, and in whatever order.

    After Ctrl-C it is what was found until then, and `Found.complete` is false; after another one there is nothing.

    Args:
        question: What is asked.
        workers: Processes of this machine; None for as many as it has cores. Few chunks are worked out in this process.
        scheduler: The address of a Dask cluster's, as tcp://host:8786, which runs the chunks instead.
        resume: A file to which what was found is written now and then and at the end, whatever ends the run, and which
            a further run of the same question begins with.
        progress: Called as the work goes on.

    Raises:
        ArgumentError: ``workers`` or ``scheduler`` is none, or the file is of another question.
        SourceError: The file cannot be read or written.
        WorkersError: Memory runs out, or processes die of a chunk; or the cluster cannot be reached, has no workers, or
            other versions.
        MissingExtraError: distributed is not installed, and a scheduler is given.
    """
    _check(workers, scheduler)
    size = question.space.size
    worker = Worker(question)
    like = worker.work(Chunk(0, 1)).candidates.take(np.arange(0))
    tally = Tally()
    path = None if resume is None else path_text(resume, "resume")
    if path is not None:
        tally = read_tally(path, question, like)
        require_writable(path)
    before = tally.done
    chunks = [chunk for chunk in chunks_of(size) if not tally.holds(chunk)]
    report = progress or (lambda step, done, total: None)
    due = monotonic() + _SAVE_S
    try:
        report("searching", tally.size, size)
        with closing(_parts(question, worker, chunks, workers, scheduler)) as parts:
            for chunk, found in parts:
                tally = tally.plus(question, chunk, found)
                report("searching", tally.size, size)
                if path is not None and monotonic() >= due:
                    start = monotonic()
                    tally = tally.in_one(question)
                    write_tally(path, question, tally)
                    due = monotonic() + max(_SAVE_S, (monotonic() - start) / _SAVE_SHARE)
    except KeyboardInterrupt:
        pass  # what was found is the answer so far
    finally:
        tally = tally.in_one(question)
        if path is not None and tally.done != before:
            write_tally(path, question, tally)
    found = tally.parts[0][1] if tally.parts else Found(like, 0, 0, 0, 0)
    return found._replace(complete=tally.size == size)


def _check(workers: int | None, scheduler: str | None) -> None:
    if workers is None:
        return
    if scheduler is not None:
        raise ArgumentError("workers are processes of this machine, and a scheduler has its own; give one of the two")
    if not isinstance(workers, int) or isinstance(workers, bool):
        raise TypeError(f"workers is {kind_of(workers)}; give a whole number")
    if not 1 <= workers <= MAX_WORKERS:
        raise ArgumentError(f"workers is {workers}; give a number from 1 to {MAX_WORKERS:,}")


def _parts(
    question: Question, worker: Worker, chunks: list[Chunk], workers: int | None, scheduler: str | None
) -> Generator[tuple[Chunk, Found]]:
    """What chunks come to, as they are done; nothing is left running when it is closed."""
    if not chunks:
        return
    if scheduler is not None:
        # Imported only where there is a cluster.
        from w2v_explore.search.running.cluster import by_cluster

        yield from by_cluster(question, chunks, scheduler)
        return
    processes = min(workers or cores(), len(chunks) // _CHUNKS_EACH)
    if processes > 1 and sys.executable:
        # Imported only where there are many chunks.
        from w2v_explore.search.running.pool import by_processes

        yield from by_processes(question, chunks, processes)
        return
    yield from _one_by_one(worker, chunks)


def _one_by_one(worker: Worker, chunks: Iterable[Chunk]) -> Generator[tuple[Chunk, Found]]:
    for chunk in chunks:
        yield chunk, worker.work(chunk)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
