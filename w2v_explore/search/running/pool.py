"""Chunks worked through by processes of this machine.

Each process is talked to by a thread, which hands it a chunk and waits for what it comes to. A process that was killed,
as a system does that runs out of memory, is followed by a new one, which gets its chunk.
"""

from __future__ import annotations

import pickle
import subprocess
import traceback
from collections.abc import Generator, Iterable
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from signal import Signals
from threading import Lock, Thread
from typing import NoReturn

from w2v_explore.child_process import end, receive, send, serving, start
from w2v_explore.errors import W2vExploreError, WorkersError
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Chunk, Found, Worker

_Result = tuple[Chunk, Found] | Exception

ATTEMPTS = 3
"""How many processes may die of a chunk."""

# What waits is little, and no process waits for this one.
_IN_FLIGHT = 2

# numpy's libraries start as many threads as there are cores, with memory for each, and formulas use none of them.
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def by_processes(question: Question, chunks: Iterable[Chunk], workers: int) -> Generator[tuple[Chunk, Found]]:
    """What chunks come to, as they are done; no process is left when it is closed.

    Args:
        question: What is asked.
        chunks: As many as there are; few of them are taken before they can be worked on.
        workers: How many processes there are.

    Raises:
        WorkersError: Processes die of a chunk.
    """
    pool = _Pool(question, workers)
    left = iter(chunks)
    in_flight = 0
    try:
        for chunk in islice(left, _IN_FLIGHT * workers):
            pool.chunks.put(chunk)
            in_flight += 1
        while in_flight:
            result = _next(pool.results)
            if isinstance(result, Exception):
                raise result
            in_flight -= 1
            for chunk in islice(left, 1):
                pool.chunks.put(chunk)
                in_flight += 1
            yield result
    finally:
        pool.stop()


def _next(results: SimpleQueue[_Result]) -> _Result:
    """The next result. Ctrl-C is heard meanwhile, which on Windows a wait without end is deaf to."""
    while True:
        try:
            return results.get(timeout=0.5)
        except Empty:
            continue


class _Pool:
    """The processes, and the threads that talk to them.

    Attributes:
        chunks: To be worked on.
        results: What they came to, or what went wrong.
    """

    def __init__(self, question: Question, workers: int) -> None:
        self.chunks: SimpleQueue[Chunk | None] = SimpleQueue()
        self.results: SimpleQueue[_Result] = SimpleQueue()
        self._question = pickle.dumps(question)
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False
        self._lock = Lock()
        # Who is interrupted twice waits for none of them.
        self._threads = [Thread(target=self._talk, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all processes, whatever they are at."""
        with self._lock:
            self._is_stopped = True
            for process in self._processes:
                process.kill()
        for _ in self._threads:
            self.chunks.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _stops(self) -> bool:
        with self._lock:
            return self._is_stopped

    def _talk(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        try:
            while (chunk := self.chunks.get()) is not None and not self._stops():
                for _ in range(ATTEMPTS):
                    process = process or self._start()
                    if process is None:
                        return
                    result = self._ask(process, chunk)
                    if result is not None:
                        self.results.put(result)
                        break
                    code = self._end(process)
                    process = None
                    if self._stops():
                        return
                else:
                    self.results.put(_died(chunk, code))
        except Exception as error:
            self.results.put(error)
        finally:
            if process is not None:
                self._end(process)

    def _start(self) -> subprocess.Popen[bytes] | None:
        """A new process; None where all are to end."""
        process = start(__name__, _ENVIRONMENT)
        with self._lock:
            self._processes.add(process)
            is_wanted = not self._is_stopped
        if not is_wanted:
            process.kill()
            self._end(process)
            return None
        assert process.stdin is not None
        with suppress(OSError):  # it died at once, as the first chunk will show
            send(process.stdin, self._question)
        return process

    def _ask(self, process: subprocess.Popen[bytes], chunk: Chunk) -> _Result | None:
        """What a process makes of a chunk; None where it died."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            send(process.stdin, chunk)
            answer: Found | Exception = pickle.loads(receive(process.stdout))
        except (OSError, EOFError):
            return None
        return answer if isinstance(answer, Exception) else (chunk, answer)

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        end(process)
        with self._lock:
            self._processes.discard(process)
        return process.returncode


def _died(chunk: Chunk, code: int) -> WorkersError:
    how = f"were killed by {Signals(-code).name}, as where memory runs out" if code < 0 else f"ended with {code}"
    return WorkersError(
        f"{ATTEMPTS} processes in a row that worked on combinations {chunk.start:,} to {chunk.stop:,} {how}; "
        "try fewer --workers, or a machine with more memory"
    )


def serve() -> NoReturn:
    """Answer for chunks until the lifeline is closed; in a process that a pool has started."""
    calls, answers = serving()
    worker: Worker | None = None
    question = pickle.loads(pickle.loads(calls.get()))
    while True:
        chunk = pickle.loads(calls.get())
        answer: Found | Exception
        try:
            worker = worker or Worker(question)
            answer = worker.work(chunk)
        except W2vExploreError as error:
            answer = error
        except Exception:
            answer = RuntimeError(f"in a process of the search: {traceback.format_exc()}")
        send(answers, answer)
