"""Running something in a process that has run nothing before.

How fast a model is depends on what its process did earlier: glibc's malloc learns from each large block that is freed
how to get the next (mallopt(3), M_MMAP_THRESHOLD), and whether a new tensor's pages have to be mapped first can double
the time of a layer. What is to be compared, or predicted for a fresh process, is measured in one.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from w2v_explore.errors import DeviceError

P = ParamSpec("P")
T = TypeVar("T")

_PRELOADED = "w2v_explore.measure.calibrate"


def run_in_new_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function of a module, and return what it returns or raise what it raises.

    Where the system can fork, a server imports torch once and each process is a fork of it. As with all of
    multiprocessing, a script that comes here does its work under ``if __name__ == "__main__"``.

    Raises:
        DeviceError: The process was killed, as a system does that runs out of memory.
    """
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload([_PRELOADED])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise DeviceError("the process that measured was killed; is there enough free memory?") from error
