"""A host of Dask processes for tests, which imports Dask once and forks a scheduler or a worker for each line it reads.

Each says its process and its address on a line of its own. All end with the host, and the host with its standard input.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

_LOOK_S = 0.2


class Member(NamedTuple):
    """A process of a cluster."""

    pid: int
    address: str

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class Host:
    """What starts processes of clusters."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def scheduler(self, allowed_failures: int = 3) -> Member:
        return self._start("scheduler", allowed_failures)

    def worker(self, scheduler: Member, version: str = "") -> Member:
        """A worker, which may be of another version."""
        return self._start("worker", scheduler.address, version)

    def _start(self, *words: object) -> Member:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*words, file=self._process.stdin, flush=True)
        pid, address = self._process.stdout.readline().split()
        return Member(int(pid), address)


@contextmanager
def cluster_host(folder: Path) -> Iterator[Host]:
    """A host whose processes keep in a folder what they write."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster_host", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    with process:
        yield Host(process)


def _serve() -> None:
    import distributed  # noqa: F401
    import numpy as np  # noqa: F401

    import w2v_explore.search.running.cluster  # noqa: F401

    children = []
    # Asked before there are children: one that asks late may have another parent by then, which never ends.
    host = os.getpid()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(_run(host, *line.split()))
            finally:
                os._exit(0)
        children.append(pid)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


async def _run(host: int, kind: str, *arguments: str) -> None:
    from distributed import Scheduler, Worker

    from w2v_explore import version
    from w2v_explore.search.running import cluster

    server: Any
    if kind == "scheduler":
        server = Scheduler(host="127.0.0.1", port=0, dashboard=False, allowed_failures=int(arguments[0]))
    else:
        address, *versions = arguments
        for changed in versions:
            version.__version__ = cluster.__version__ = changed
        server = Worker(address, host="127.0.0.1", nthreads=1, local_directory=sys.argv[1], dashboard=False)
    async with server:
        print(os.getpid(), server.address, flush=True)
        while os.getppid() == host:
            await asyncio.sleep(_LOOK_S)


if __name__ == "__main__":
    _serve()
