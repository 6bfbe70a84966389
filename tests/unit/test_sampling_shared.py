"""Studies that several machines join: a real server of PostgreSQL, and workers that are killed."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from tests.postgres_server import PostgresServer
from tests.sampling_worker import question
from tests.unit.test_sampling import figures_found, front_of
from w2v_explore.search.sampling.enqueue import enqueue
from w2v_explore.search.sampling.quiet import quiet
from w2v_explore.search.sampling.sample import sample, study_name
from w2v_explore.search.sampling.storage import TOKEN, opened

_TRIALS = 90
_WORKERS = 3
_KILLS = 3


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    # Another user's server has to get there, which it does not in the folders of pytest.
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    server = PostgresServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


class Workers:
    """Processes that join the study, and the trials that they told."""

    def __init__(self, url: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "tests.sampling_worker", url, str(_TRIALS)]
        self._folder = folder
        self.alive: dict[Path, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        path = self._folder / str(len([*self._folder.iterdir()]))
        with path.open("wb") as told:
            self.alive[path] = subprocess.Popen(self._command, stdout=told)

    def kill(self, path: Path) -> None:
        self.alive[path].kill()
        self.alive.pop(path).wait()

    @property
    def are_in(self) -> bool:
        """Whether each has told of a trial, or came so late that there was none left to tell of."""
        return all(path.stat().st_size or process.poll() is not None for path, process in self.alive.items())

    @property
    def told(self) -> list[str]:
        """The tokens of the trials; who is killed has not said the last one whole, or at all."""
        lines = [line for path in self._folder.iterdir() for line in path.read_text().splitlines(keepends=True)]
        return [line.strip() for line in lines if line.endswith("\n")]


@pytest.mark.postgres
def test_neither_killed_workers_nor_a_killed_server_lose_a_finished_trial(
    server: PostgresServer, tmp_path: Path
) -> None:
    asked = question()
    workers = Workers(server.url, tmp_path)
    try:
        for _ in range(_WORKERS):
            workers.start()
        for kill in range(_KILLS):
            # As far apart as the trials are, however quick the machine is.
            until = time.monotonic() + 300
            wanted = (kill + random.random()) * _TRIALS / (_KILLS + 1)
            # Who finds no server when it joins gives up, and has to be in before.
            while len(workers.told) < wanted or (kill == 1 and not workers.are_in):
                assert time.monotonic() < until
                time.sleep(0.01)
            if kill == 1:
                before = workers.told
                server.kill()
                time.sleep(random.random())
                server.start()
                assert {*before} <= {trial.user_attrs[TOKEN] for trial in finished(server.url)}
            else:
                workers.kill(random.choice([*workers.alive]))
                workers.start()
        assert [worker.wait(300) for worker in workers.alive.values()] == [0] * _WORKERS
    finally:
        for worker in [*workers.alive]:
            workers.kill(worker)
    trials = finished(server.url)
    tokens = {trial.user_attrs[TOKEN] for trial in trials}
    assert len(tokens) >= _TRIALS
    assert {*workers.told} <= tokens
    found = sample(asked, _TRIALS, storage=server.url)
    assert found.trials == len(tokens)
    assert figures_found(found) == front_of(asked, trials)
    enqueued = [enqueue([{"encoder_num_layers": 6}], server.url, "mine").added for _ in range(2)]
    assert enqueued == [1, 0]


@pytest.mark.postgres
def test_a_server_that_goes_without_a_word_is_noticed(server: PostgresServer) -> None:
    """Whoever waits for its answer asks the machine now and then whether it is there."""
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    with quiet(), opened(server.url) as storage:
        assert isinstance(storage, RDBStorage)
        with storage.engine.connect() as connection:
            number = connection.connection.dbapi_connection.fileno()
            with socket.socket(fileno=os.dup(number)) as held:
                idle, pause, asks, unanswered = (held.getsockopt(socket.IPPROTO_TCP, option) for option in options)
    assert idle + pause * asks == 90
    assert unanswered == 90_000


def finished(url: str) -> list[FrozenTrial]:
    """The trials of the study; that there are no others is the point."""
    with quiet(), opened(url) as storage:
        trials = optuna.load_study(study_name=study_name(question()), storage=storage).get_trials()
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    return trials
