"""Running something in a process that has run nothing before.

How fast a model is depends on what its process did earlier: glibc's malloc learns from each large block that is freed
how to get the next (mallopt(3), M_MMAP_THRESHOLD), and whether a new tensor's pages have to be mapped first can double
the time of a layer. What is to be compared, or predicted for a fresh process, is measured in one.

Where the system can fork, a server imports torch once and forks a process for each call; elsewhere each call has a
server of its own. Between a server and whoever started it are two pipes. The one for calls is its lifeline too: what
reads from it ends when it does, whatever became of the process at the other end.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, NoReturn

from w2v_explore import interrupt
from w2v_explore.errors import DeviceError, W2vExploreError

Run = Callable[..., Any]
"""Calls a function with arguments."""

# Isolated, since Python would look for modules in the current directory first (only from 3.11 on it has an option for
# that alone): the path is given, and so is where this package lies.
_START = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
_, package, *path = sys.argv
sys.path[:] = dict.fromkeys([*path, *sys.path])
spec = spec_from_file_location("w2v_explore", package)
sys.modules["w2v_explore"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["w2v_explore"])
from w2v_explore.measure.process import serve
serve()
"""
_LENGTH_BYTES = 8
_PATIENCE_S = 5.0

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
        server = _start()
        try:
            with interrupt.let_through():
                yield partial(_call, server)
        finally:
            _end(server)


def _start() -> subprocess.Popen[bytes]:
    """Start a server, to which signals mean nothing: it ends with this process.

    A terminal and a batch system send them to all processes; Python needs a while before it could take measures.
    """
    package = Path(__file__).parents[1] / "__init__.py"
    command = [sys.executable, "-I", "-c", _START, str(package), *_path_without_current_folder()]
    if not hasattr(signal, "pthread_sigmask"):
        flags = subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]  # of Windows: Ctrl-C is not for it
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=flags)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, interrupt.SIGNALS)
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _path_without_current_folder() -> list[str]:
    """Where this process finds modules, but for the current folder, unless PYTHONPATH spells it out."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    here = os.path.realpath(os.curdir)
    return [entry for entry in sys.path if os.path.isabs(entry) and (entry in named or os.path.realpath(entry) != here)]


def _call(server: subprocess.Popen[bytes], function: Callable[..., Any], *arguments: Any) -> Any:
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        _send(server.stdin, (function, arguments))
        status, content = pickle.loads(_receive(server.stdout))
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


def _end(server: subprocess.Popen[bytes]) -> None:
    """Close the lifeline, and wait until nobody is left who holds the other pipe."""
    assert server.stdin is not None
    assert server.stdout is not None
    with suppress(OSError):  # what it has not read of a call
        server.stdin.close()
    try:
        server.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    server.stdout.read()
    server.stdout.close()


def _send(pipe: IO[bytes], message: object) -> None:
    content = pickle.dumps(message)
    pipe.write(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    """The next message, still pickled; EOFError where the other end was closed before its end."""
    length = pipe.read(_LENGTH_BYTES)
    content = pipe.read(int.from_bytes(length, "big"))
    if len(length) < _LENGTH_BYTES or len(content) < int.from_bytes(length, "big"):
        raise EOFError
    return content


def serve() -> NoReturn:
    """Answer calls on standard input until it is closed; in a process that `_start` has started."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    calls: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_take_calls, args=(calls,), daemon=True).start()
    while True:
        # Here, where all later processes have it, is imported what the function needs.
        function, arguments = pickle.loads(calls.get())
        if hasattr(os, "fork"):
            answer = _answer_in_fork(function, arguments)
        else:
            answer = 0, pickle.dumps(_outcome(function, arguments))
        _send(answers, answer)


def _take_calls(calls: SimpleQueue[bytes]) -> None:
    try:
        with os.fdopen(os.dup(0), "rb") as lifeline:
            while True:
                calls.put(_receive(lifeline))
    finally:
        if _forked is not None:
            os.kill(_forked, signal.SIGKILL)
        os._exit(0)


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
