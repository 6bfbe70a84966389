"""A process that runs a function of this package and ends with whoever started it, and the messages between the two.

Between them are two pipes. The one for calls is a lifeline too: what reads from it ends when it does, whatever became
of the process at the other end.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from w2v_explore import interrupt

# Isolated, since Python would look for modules in the current directory first (only from 3.11 on it has an option for
# that alone): the path is given, and so is where this package lies. Nothing of the main module is run again.
_START = """\
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
_, package, module, *path = sys.argv
sys.path[:] = dict.fromkeys([*path, *sys.path])
spec = spec_from_file_location("w2v_explore", package)
sys.modules["w2v_explore"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["w2v_explore"])
import_module(module).serve()
"""
_LENGTH_BYTES = 8
_PATIENCE_S = 5.0


def start(module: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a process that calls ``serve`` of a module, and to which signals mean nothing: it ends with this process.

    A terminal and a batch system send them to all processes; Python needs a while before it could take measures.

    Args:
        module: The module, of this package.
        environment: What its environment has beside this process's.
    """
    package = Path(__file__).with_name("__init__.py")
    command = [sys.executable, "-I", "-c", _START, str(package), module, *_path_without_current_folder()]
    variables = None if environment is None else {**os.environ, **environment}
    if not hasattr(signal, "pthread_sigmask"):
        flags = subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]  # of Windows: Ctrl-C is not for it
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, creationflags=flags
        )
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, interrupt.SIGNALS)
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _path_without_current_folder() -> list[str]:
    """Where this process finds modules, but for the current folder, unless PYTHONPATH spells it out."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    here = os.path.realpath(os.curdir)
    return [entry for entry in sys.path if os.path.isabs(entry) and (entry in named or os.path.realpath(entry) != here)]


def end(process: subprocess.Popen[bytes]) -> None:
    """Close the lifeline, and wait until nobody is left who holds the other pipe."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):  # what it has not read of a call
        process.stdin.close()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.read()
    process.stdout.close()


def send(pipe: IO[bytes], message: object) -> None:
    """Write a message.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    content = pickle.dumps(message)
    pipe.write(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """The next message, still pickled.

    Raises:
        EOFError: The other end was closed before its end.
    """
    length = pipe.read(_LENGTH_BYTES)
    content = pipe.read(int.from_bytes(length, "big"))
    if len(length) < _LENGTH_BYTES or len(content) < int.from_bytes(length, "big"):
        raise EOFError
    return content


def serving(before_end: Callable[[], None] = lambda: None) -> tuple[SimpleQueue[bytes], IO[bytes]]:
    """In a process that `start` has started: the calls as they come, still pickled, and the pipe for answers.

    Args:
        before_end: What is done first when the lifeline is closed, upon which the process ends at once.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    calls: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_take_calls, args=(calls, before_end), daemon=True).start()
    return calls, answers


def _take_calls(calls: SimpleQueue[bytes], before_end: Callable[[], None]) -> None:
    try:
        with os.fdopen(os.dup(0), "rb") as lifeline:
            while True:
                calls.put(receive(lifeline))
    finally:
        try:
            before_end()
        finally:
            os._exit(0)
