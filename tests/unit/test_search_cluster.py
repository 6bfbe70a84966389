"""Chunks worked through by a real cluster on the loopback, whose workers are killed while they work."""

from __future__ import annotations

import random
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from tests.cluster_host import Host, cluster_host
from tests.unit.test_search_running import FRONT, MODES, Deadly, content, question_of
from w2v_explore import Workload, load_config
from w2v_explore.errors import ArgumentError, MissingExtraError, WorkersError
from w2v_explore.search.running import chunk, cluster
from w2v_explore.search.running.chunk import Chunk
from w2v_explore.search.running.measuring import measure_by_cluster
from w2v_explore.search.running.run import run


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with cluster_host(tmp_path_factory.mktemp("dask")) as started:
        yield started


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "CHUNK", 8)


@pytest.mark.slow
def test_workers_that_are_killed_lose_nothing_and_double_nothing(host: Host) -> None:
    question = question_of(MODES[1])
    scheduler = host.scheduler()
    workers = [host.worker(scheduler) for _ in range(3)]
    # As many as a scheduler lets die of one task.
    kills = set(random.sample(range(2, 70), 3))
    calls: list[int] = []

    def progress(step: str, done: int, total: int) -> None:
        calls.append(done)
        if len(calls) in kills:
            workers.pop(random.randrange(3)).kill()
            workers.append(host.worker(scheduler))

    found = run(question, scheduler=scheduler.address, progress=progress)
    assert calls == list(range(0, question.space.size + 1, 8))
    assert content(found) == content(run(question, workers=1))

    def interrupt(step: str, done: int, total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    part = run(question, scheduler=scheduler.address, progress=interrupt)
    assert (part.complete, part.evaluated + part.invalid) == (False, 40)


@pytest.mark.slow
def test_a_cluster_that_cannot(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = host.scheduler(allowed_failures=0)
    # Only who waits in vain is impatient: on a busy machine workers take a while.
    with monkeypatch.context() as impatient:
        impatient.setattr(cluster, "_FIRST_WORKER_S", 0.3)
        with pytest.raises(WorkersError, match=f"scheduler at {scheduler.address} has no workers, .+ `dask worker tcp"):
            run(question_of(), scheduler=scheduler.address)
    other = host.worker(scheduler, "0.0.1")
    message = rf"w2v_explore is \S+ here, the scheduler and 0\.0\.1 on worker {other.address}; install the same"
    with pytest.raises(WorkersError, match=message):
        run(question_of(), scheduler=scheduler.address)
    other.kill()
    worker = host.worker(scheduler)
    with pytest.raises(
        WorkersError, match=rf"worked on combinations \d+ to \d+, the last one at {worker.address}; give"
    ):
        run(replace(question_of(), mode=Deadly(FRONT.figures)), scheduler=scheduler.address)

    # One that lets more workers die of a chunk than there are.
    scheduler = host.scheduler()

    def killing(member: Any) -> Any:
        return lambda step, done, total: member.kill() if done == 24 else None

    with monkeypatch.context() as impatient:
        impatient.setattr(cluster, "_NEXT_WORKER_S", 0.3)
        with pytest.raises(WorkersError, match=r"has had no workers for 0 s; start some, and go on with --resume"):
            run(question_of(), scheduler=scheduler.address, progress=killing(host.worker(scheduler)))
    host.worker(scheduler)
    with pytest.raises(WorkersError, match=r"the scheduler at \S+ is gone; go on with --resume"):
        run(question_of(), scheduler=scheduler.address, progress=killing(scheduler))


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"220"])
def test_what_is_no_scheduler(greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    # What speaks is waited for as long as it takes on a busy machine.
    monkeypatch.setattr(cluster, "_CONNECT_S", 60 if greeting else 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def greet() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionError):
                connection.sendall(greeting)
                connection.recv(1)  # until the other end is closed

        thread = Thread(target=greet, daemon=True)
        thread.start()
        reason = "what answers there is none" if greeting else "timed out"
        with pytest.raises(WorkersError, match=f"^no Dask scheduler is reached at {address}: {reason}; is it running"):
            run(question_of(), scheduler=address)
        thread.join()
    with pytest.raises(WorkersError, match=r"no Dask scheduler is reached at .+ refused; is it running"):
        run(question_of(), scheduler=address)


@pytest.mark.parametrize(
    "address", ["", "here", "here:8786", "http://here:8786", "tcp://here", "tcp://:8786", "tcp://here:0", "tcp://a b:1"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ArgumentError, match=r"is no address; write tcp://host:port, as it prints its own"):
        run(question_of(), scheduler=address)


def test_without_distributed_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"^--scheduler needs distributed, .+ '\.\[cluster\]'"):
        run(question_of(), scheduler="tcp://127.0.0.1:8786")


def test_a_worker_that_joins_later_is_of_the_same_version() -> None:
    with pytest.raises(WorkersError, match=r"w2v_explore is 0\.0\.1 here and \S+ on a worker; install"):
        cluster.work("0.0.1", b"", Chunk(0, 1))


@pytest.mark.slow
def test_a_worker_measures(host: Host) -> None:
    scheduler = host.scheduler()
    host.worker(scheduler)
    base = load_config("base", {"encoder_num_layers": 1, "encoder_ff_interm_features": 64})
    asked = (base, [base], Workload(samples=2_000), "cpu", 2, scheduler.address)
    [measured] = measure_by_cluster(*asked)
    assert (measured.device.device, measured.runs, len(measured.designs)) == ("cpu", 2, 1)
    with pytest.raises(WorkersError, match=r"no worker can measure on cuda\n.+: "):
        measure_by_cluster(*asked[:3], "cuda", *asked[4:])
