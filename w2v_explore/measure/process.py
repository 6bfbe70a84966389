"""Running something in a process that has run nothing before.

How fast a model is depends on what its process did earlier: glibc's malloc learns from each large block that is freed
how to get the next (mallopt(3), M_MMAP_THRESHOLD), and whether a new tensor's pages have to be mapped first can double
the time of a layer. What is to be compared, or predicted for a fresh process, is measured in one.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from w2v_explore.errors import DeviceError, W2vExploreError

T = TypeVar("T")

_PRELOADED = "w2v_explore.measure.calibrate"


def run_in_new_process(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function of a module, and return what it returns or raise what it raises on purpose.

    Where the system can fork, a server imports torch once and each process is a fork of it. As with all of
    multiprocessing, a script that comes here does its work under ``if __name__ == "__main__"``.

    Raises:
        DeviceError: The process was killed, as a system does that runs out of memory.
    """
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload([_PRELOADED])
        _start_server()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments), daemon=True)
    process.start()
    # The pipe ends when the process does, since nobody else holds this end of it.
    sender.close()
    try:
        answer = receiver.recv()
    except EOFError:
        process.join()
        if process.exitcode < 0:
            raise DeviceError("the process that measured was killed; is there enough free memory?") from None
        raise RuntimeError("the process that measured failed, as it says above") from None
    finally:
        # It has nothing left to do, or Ctrl-C was pressed.
        process.kill()
        process.join()
        receiver.close()
    if isinstance(answer, W2vExploreError):
        raise answer
    result: T = answer
    return result


def _start_server() -> None:
    """Start the server that forks, and let Ctrl-C mean nothing to it.

    A terminal sends it to all processes; the server needs a second to import torch, and takes no measures before that.
    """
    from multiprocessing import forkserver, resource_tracker  # not on Windows

    resource_tracker.ensure_running()  # would let Ctrl-C in again if it had to start later
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _answer(sender: Connection, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's Ctrl-C ends both
    try:
        answer = function(*arguments)
    except W2vExploreError as error:
        answer = error
    with suppress(BrokenPipeError):  # nobody waits for the answer any more
        sender.send(answer)
