"""Chunks worked through by a Dask cluster.

Its scheduler keeps what is handed to it, gives a chunk whose worker died to another one, and gives each client what its
own chunks came to. What is handed to it is little at a time.
"""

from __future__ import annotations

import logging
import pickle
import re
import socket
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pkgutil import resolve_name
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, WorkersError, needs_extra
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Chunk, Found, Worker
from w2v_explore.silenced import silenced
from w2v_explore.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

_ADDRESS = re.compile(r"tcp://(?:([^\s:/\[\]]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})", re.ASCII)

# A scheduler answers at once, where there is one.
_CONNECT_S = 5.0
# Its first message begins with how many bytes it has, in as many; what another server says first would be a larger one.
_LENGTH_BYTES = 8
_LONGEST_GREETING = 2**20

# Of workers, a batch system may still be starting some.
_FIRST_WORKER_S = 10.0
_NEXT_WORKER_S = 60.0
LOOK_S = 1.0
"""How often it is looked whether workers are there."""

# Chunks for each thread of the workers: one is worked on, and one waits.
_IN_FLIGHT = 2

# Packages whose versions have to be the same everywhere, and by how many of their parts.
_PARTS = {"python": 2, "distributed": 3, "numpy": 1}
_OURS = "w2v_explore"
_VERSION = f"{_OURS}.version:__version__"


class _Kept(threading.local):
    """What a thread of a worker keeps for the next chunk.

    Attributes:
        question: Of the worker, pickled.
        worker: None before the first chunk.
    """

    question: bytes = b""
    worker: Worker | None = None


_kept = _Kept()


def work(version: str, question: bytes, chunk: Chunk) -> Found:
    """What a chunk comes to; in a thread of the cluster's worker, which may have joined after versions were checked."""
    if version != __version__:
        raise WorkersError(_differ({_OURS: {version: ["here"], __version__: ["a worker"]}}))
    if _kept.worker is None or _kept.question != question:
        _kept.worker, _kept.question = Worker(pickle.loads(question)), question
    return _kept.worker.work(chunk)


def by_cluster(question: Question, chunks: Iterable[Chunk], address: str) -> Generator[tuple[Chunk, Found]]:
    """What chunks come to, as they are done; the cluster has nothing left of them when it is closed.

    Args:
        question: What is asked.
        chunks: As many as there are; few of them are taken before they can be worked on.
        address: The scheduler's.

    Raises:
        ArgumentError: It is no address.
        MissingExtraError: distributed is not installed.
        WorkersError: No scheduler is there, it has no workers, they are of other versions, or die of a chunk.
    """
    with cluster_at(address) as client:
        cluster = _Cluster(client, address)
        content, run = pickle.dumps(question), uuid4().hex
        left = iter(chunks)
        running: dict[str, _Running] = {}
        while True:
            for chunk in islice(left, max(0, cluster.wanted() - len(running))):
                key = f"w2v-explore-{run}-{chunk.start}"
                future = client.submit(work, __version__, content, chunk, key=key, pure=False)
                future.add_done_callback(cluster.ended.put)
                running[key] = _Running(chunk, future)
            if not running:
                return
            ended = cluster.next_ended()
            if ended is not None:
                chunk, future = running.pop(ended)
                found = cluster.result(chunk, future)
                future.release()
                yield chunk, found


@contextmanager
def cluster_at(address: str) -> Iterator[Client]:
    """A client of a scheduler that has workers, all of which have the versions that are here.

    Args:
        address: The scheduler's.

    Raises:
        ArgumentError: It is no address.
        MissingExtraError: distributed is not installed.
        WorkersError: No scheduler is there, it has no workers, or they are of other versions.
    """
    host, port = _host_and_port(address)
    with _connected(address, host, port) as client:
        with refusing(address):
            _wait_for_workers(client, address)
            _require_same_versions(client)
        yield client


class _Running(NamedTuple):
    chunk: Chunk
    future: Future[Found]


class _Cluster:
    """The cluster, looked at now and then while chunks are worked on.

    Attributes:
        ended: What is done, or has failed.
    """

    def __init__(self, client: Client, address: str) -> None:
        self.ended: SimpleQueue[Future[Found]] = SimpleQueue()
        self._client = client
        self._address = address
        self._threads = 0
        self._looked_at = self._working_at = monotonic() - LOOK_S

    def wanted(self) -> int:
        """How many chunks are to be in flight: workers come and go."""
        now = monotonic()
        if now - self._looked_at >= LOOK_S:
            with refusing(self._address):
                self._threads = sum(self._client.nthreads().values())
            self._looked_at = now
            if self._threads:
                self._working_at = now
            elif now - self._working_at > _NEXT_WORKER_S:
                raise WorkersError(
                    f"the scheduler at {self._address} has had no workers for {_NEXT_WORKER_S:.0f} s; start some, and "
                    "go on with --resume where a file was given"
                )
        return _IN_FLIGHT * self._threads

    def next_ended(self) -> str | None:
        """The key of what is done; None where nothing is, and the cluster is to be looked at."""
        try:
            key: str = self.ended.get(timeout=LOOK_S).key
        except Empty:
            return None
        return key

    def result(self, chunk: Chunk, future: Future[Found]) -> Found:
        """What a chunk came to. A worker that dies before it has said so is followed by another."""
        from distributed import KilledWorker, TimeoutError

        while True:
            try:
                with refusing(self._address):
                    found: Found = future.result(timeout=LOOK_S)
                return found
            except TimeoutError:
                self.wanted()
            except KilledWorker as error:
                raise WorkersError(
                    f"all workers died that worked on combinations {chunk.start:,} to {chunk.stop:,}, the last one at "
                    f"{error.last_worker.address}; give each more memory, or fewer threads"
                ) from error


@contextmanager
def refusing(address: str) -> Iterator[None]:
    """Let a connection that breaks off be one message."""
    from distributed import CancelledError, TimeoutError

    try:
        yield
    except TimeoutError:  # which may be an OSError, too
        raise
    except (OSError, CancelledError) as error:
        raise WorkersError(f"the scheduler at {address} is gone; go on with --resume where a file was given") from error


def _host_and_port(address: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(address)
    if match is None or not 1 <= int(match[3]) <= 65_535:
        given = shorten(repr(address))
        raise ArgumentError(f"the scheduler {given} is no address; write tcp://host:port, as it prints its own")
    return match[1] or match[2], int(match[3])


@contextmanager
def _connected(address: str, host: str, port: int) -> Iterator[Client]:
    """A client of a scheduler, which says nothing by itself."""
    with needs_extra("--scheduler", "cluster"):
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    # Each of its parts has a logger that prints by itself.
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    with silenced(names), warnings.catch_warnings():
        # They are checked, and told in one message.
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            _require_greeting(host, port)
            client = Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise WorkersError(
                f"no Dask scheduler is reached at {address}: {reason}; is it running, and can this machine reach it? "
                "`dask scheduler` starts one and prints its address"
            ) from error
        try:
            yield client
        finally:
            client.close()


def _require_greeting(host: str, port: int) -> None:
    """Refuse what does not speak first, as a scheduler does: a client would wait for it without end."""
    with socket.create_connection((host, port), _CONNECT_S) as connection:
        greeting = connection.recv(_LENGTH_BYTES)
    if len(greeting) < _LENGTH_BYTES or int.from_bytes(greeting, "little") > _LONGEST_GREETING:
        raise ValueError("what answers there is none")


def _wait_for_workers(client: Client, address: str) -> None:
    from distributed import TimeoutError

    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
    except TimeoutError as error:
        raise WorkersError(
            f"the scheduler at {address} has no workers, and none came within {_FIRST_WORKER_S:.0f} s; "
            f"`dask worker {address}` starts some"
        ) from error


def _require_same_versions(client: Client) -> None:
    """Refuse a scheduler or workers that have other versions than this process."""
    found: dict[str, dict[str, list[str]]] = {}

    def add(where: str, packages: Mapping[str, str | None], ours: Any) -> None:
        versions = {name: _shown(packages.get(name), parts) for name, parts in _PARTS.items()}
        if isinstance(ours, (str, ImportError)):
            versions[_OURS] = ours if isinstance(ours, str) else "none"
        for name, version in versions.items():
            found.setdefault(name, {}).setdefault(version, []).append(where)

    def of_scheduler() -> Any:
        try:
            return client.run_on_scheduler(resolve_name, _VERSION)
        except ImportError as error:
            return error

    versions = client.get_versions()
    ours = client.run(resolve_name, _VERSION, on_error="return")
    add("here", versions["client"]["packages"], __version__)
    add("the scheduler", versions["scheduler"]["packages"], of_scheduler())
    for address, each in versions["workers"].items():
        # Who died meanwhile has none.
        add(f"worker {address}", each["packages"], ours.get(address))
    different = {name: versions for name, versions in found.items() if len(versions) > 1}
    if different:
        raise WorkersError(_differ(different))


def _shown(version: str | None, parts: int) -> str:
    return "none" if version is None else ".".join(version.split(".")[:parts])


def _differ(different: Mapping[str, Mapping[str, list[str]]]) -> str:
    """What to do about versions that differ."""
    said = []
    for name, versions in different.items():
        which = [f"{version} on {_few(where)}" for version, where in versions.items()]
        said.append(f"{name} is {' and '.join(which)}".replace(" on here", " here"))
    return f"the cluster is of other versions: {'; '.join(said)}; install the same on all of its machines"


def _few(where: list[str]) -> str:
    shown = ", ".join(where[:2])
    return f"{shown} and {len(where) - 2} more" if len(where) > 2 else shown
