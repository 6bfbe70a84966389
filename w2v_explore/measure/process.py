"""Running something in a process that has run nothing before.

How fast a model is depends on what its process did earlier: glibc's malloc learns from each large block that is freed
how to get the next (mallopt(3), M_MMAP_THRESHOLD), and whether a new tensor's pages have to be mapped first can double
the time of a layer. What is to be compared, or predicted for a fresh process, is measured in one.

Where the system can fork, a server imports torch once and forks a process for each call; elsewhere each call has a
server of its own. A server ends with whoever started it, and so does what it forked.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from w2v_explore import interrupt
from w2v_explore.child_process import end, receive, send, serving, start
from w2v_explore.errors import DeviceError, W2vExploreError

Run = Callable[..., Any]
"""Calls a function with arguments."""

_forked: int | None = None


@contextmanager
def new_processes() -> Iterator[Run]:
    """What calls a function of a module, each time in a process that has run nothing before; none is left at the end.

    It returns what the function returns and raises what that raises on purpose, or DeviceError: the process was killed,
    as a system does that runs out of memory.
    """
    if hasattr(os, "fork"):
        with _server() as run:
            yield run
        return

    def run_alone(function: Callable[..., Any], *arguments: Any) -> Any:
        with _server() as run:
            return run(function, *arguments)

    yield run_alone


@contextmanager
def _server() -> Iterator[Run]:
    with interrupt.held():
        server = start(__name__)
        try:
            with interrupt.let_through():
                yield partial(_call, server)
        finally:
            end(server)


def _call(server: subprocess.Popen[bytes], function: Callable[..., Any], *arguments: Any) -> Any:
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        send(server.stdin, (function, arguments))
        status, content = pickle.loads(receive(server.stdout))
    except (BrokenPipeError, EOFError):
        status, content = server.wait(), b""
    if status < 0:
        raise DeviceError("the process that measured was killed; is there enough free memory?")
    if not content:
        raise RuntimeError("the process that measured failed, as it says above")
    answer = pickle.loads(content)
    if isinstance(answer, W2vExploreError):
        raise answer
    return answer


def serve() -> NoReturn:
    """Answer calls until the lifeline is closed; in a process that `_server` has started."""
    calls, answers = serving(_kill_forked)
    while True:
        # Here, where all later processes have it, is imported what the function needs.
        function, arguments = pickle.loads(calls.get())
        if hasattr(os, "fork"):
            answer = _answer_in_fork(function, arguments)
        else:
            answer = 0, pickle.dumps(_outcome(function, arguments))
        send(answers, answer)


def _kill_forked() -> None:
    if _forked is not None:
        os.kill(_forked, signal.SIGKILL)


def _answer_in_fork(function: Callable[..., object], arguments: Sequence[Any]) -> tuple[int, bytes]:
    """The exit code of a process, or minus the signal that ended it, and what was returned or raised, pickled."""
    global _forked
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            threading.Thread(target=_end_with_lifeline, daemon=True).start()
            with os.fdopen(writer, "wb") as pipe:
                pickle.dump(_outcome(function, arguments), pipe)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    _forked = pid
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(pid, 0)
    _forked = None
    return os.waitstatus_to_exitcode(status), content


def _end_with_lifeline() -> None:
    """End this process when the lifeline is closed, on which nothing comes before its answer was given."""
    os.read(0, 1)
    os._exit(0)


def _outcome(function: Callable[..., object], arguments: Sequence[Any]) -> object:
    try:
        return function(*arguments)
    except W2vExploreError as error:
        return error
