"""Where the trials of a study lie: in a journal, which is a file, or in a database, which many machines share.

A trial comes here when it is finished, whole and at once. So none is ever half-told, none is left running by a worker
that was killed, and all that a lost answer leaves open is whether it is there already, which its token tells.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from w2v_explore.encoding import printable
from w2v_explore.errors import MissingExtraError, SourceError, missing_extra
from w2v_explore.files.read import note_file, open_file, read_at, read_start

PATIENCE_S = 300.0
"""How long a server that has gone away is waited for, in seconds."""
_LONGEST_PAUSE_S = 5.0
# Of libpq. A server that has gone without a word, as with its network, is noticed after 90 s; Linux takes two hours.
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 6,
    "tcp_user_timeout": 90_000,
}

TOKEN = "w2v_explore_token"
"""The user attribute of a trial that no other trial has: what was told twice is one trial."""

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
# Any number, so long as nothing else in the database locks it: what makes the tables waits for who makes them.
_LOCK = 0x7732765F65787072
# A lock that has been the same for so long is of a process that was killed.
_ABANDONED_S = 30.0
_LONGEST_LOOK_S = 1.0
# A study begins with its name, which is short.
_LONGEST_ENTRY = 2**20

_HOW = "write --storage postgresql://user@host:5432/database, or the path of a file for a journal"

Result = TypeVar("Result")


def is_url(storage: str) -> bool:
    """Whether a storage is a database, and not the path of a journal."""
    return "://" in storage


def shown(storage: str | None) -> str:
    """A storage as messages name it: of a URL the database and its host, and never who asks, nor by which password."""
    if storage is None:
        return "in memory"
    if not is_url(storage):
        return printable(storage)
    url = _url(storage)
    plain = URL.create(url.drivername.partition("+")[0], host=url.host, port=url.port, database=url.database)
    return printable(plain.render_as_string())


def _url(storage: str) -> URL:
    try:
        url = make_url(storage)
    except (UrlError, ValueError) as error:
        # What it holds is not said: a password may be in it.
        raise SourceError(f"the storage is no URL of a database; {_HOW}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return url


@contextmanager
def opened(storage: str | None) -> Iterator[BaseStorage]:
    """The storage that a text names: a URL, or the path of a journal, which need not be there; None is memory.

    Raises:
        SourceError: It cannot be reached, is another file, or is of another version of Optuna's.
        MissingExtraError: The driver of the database is not installed.
    """
    if storage is None:
        yield InMemoryStorage()
    elif not is_url(storage):
        yield _journal(storage)
    else:
        database = _database(storage)
        try:
            _check_version(database, shown(storage))
            yield database
        finally:
            database.engine.dispose()


def _journal(path: str) -> BaseStorage:
    note_file(path)
    try:
        lock = _Lock(path)
        if os.path.lexists(path):
            _require_entries(path)
            lock.acquire()
            try:
                _end_with_a_line(path)
            finally:
                lock.release()
        return JournalStorage(JournalFileBackend(path, lock_obj=lock))
    except OSError as error:
        name = printable(path) or repr(path)
        raise SourceError(f"the journal {name} cannot be opened: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"the journal {printable(path)} is damaged, or of another version of Optuna's") from error


class _Lock(JournalFileOpenLock):
    """Optuna's lock on a journal, the same file, which is waited for with an end.

    Optuna itself asks for ever, and without a pause, where the lock is a link that leads nowhere, as the other kind of
    its locks is in most folders, and where a process that was killed left one that it may not remove.
    """

    def acquire(self) -> bool:
        """Make the file; True.

        Raises:
            OSError: It can be neither made nor taken from a process that was killed.
        """
        state: tuple[int, int] | None = None
        since, pause = time.monotonic(), 0.001
        while True:
            with suppress(FileExistsError):
                Path(self._lock_file).touch(exist_ok=False)
                return True
            before, state = state, self._state()
            if state != before:
                since = time.monotonic()
            elif time.monotonic() - since >= _ABANDONED_S:
                self._remove()
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_LOOK_S)

    def _state(self) -> tuple[int, int] | None:
        """What another lock, or none, is told by."""
        try:
            status = os.lstat(self._lock_file)
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _remove(self) -> None:
        # Of all that wait, one can rename it.
        gone = f"{self._lock_file}{secrets.token_hex(8)}.rename"
        try:
            os.rename(self._lock_file, gone)
            os.unlink(gone)
        except FileNotFoundError:
            pass
        except OSError as error:
            reason = f"a process that was killed left {printable(self._lock_file)}, which cannot be removed"
            raise OSError(error.errno, f"{reason}: {error.strerror}") from error


def _require_entries(path: str) -> None:
    """Refuse what does not begin as a journal does."""
    first = read_start(path, _LONGEST_ENTRY).partition(b"\n")[0]
    if first and not _is_entry(first):
        raise SourceError(f"{printable(path)} is no journal of Optuna's; name another file, which is made")


def _end_with_a_line(path: str) -> None:
    """Cut off half an entry: who wrote it was broken off in the middle, and no trial is finished by it."""
    with open_file(path) as (file, size):
        if size and read_at(file, size - 1, 1) != b"\n":
            end = read_at(file, 0, size).rfind(b"\n") + 1
            os.truncate(path, end)


def _is_entry(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and "op_code" in entry


def _database(storage: str) -> RDBStorage:
    url = _url(storage)
    if url.get_backend_name() == "sqlite" and url.database:
        note_file(url.database)
    is_postgresql = url.get_backend_name() == "postgresql"
    # A connection that a restart of the server broke is found out before it is used.
    options: dict[str, Any] = {"pool_pre_ping": True}
    if is_postgresql:
        options["connect_args"] = _CONNECTION
    text = url.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")

    def make() -> RDBStorage:
        with _alone(url, options) if is_postgresql else nullcontext():
            return RDBStorage(text, engine_kwargs=options, skip_compatibility_check=True)

    try:
        if is_postgresql:
            # What cannot be reached at first is not waited for: its address is wrong, or it was not started.
            with _alone(url, options):
                pass
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise _driverless(storage, error) from error
        raise missing_extra("a storage at postgresql://", error.name, "sampling") from error
    except SQLAlchemyError as error:
        raise SourceError(f"the storage {shown(storage)} cannot be reached: {_reason(error)}") from error
    try:
        return patiently(shown(storage), make) if is_postgresql else make()
    except ImportError as error:
        raise _driverless(storage, error.__cause__ or error) from error
    except SQLAlchemyError as error:
        raise SourceError(f"the storage {shown(storage)} cannot be reached: {_reason(error)}") from error


def _driverless(storage: str, reason: BaseException) -> MissingExtraError:
    return MissingExtraError(f"the storage {shown(storage)} needs a driver that is not installed: {reason}")


def _check_version(database: RDBStorage, shown: str) -> None:
    if database.get_current_version() != database.get_head_version():
        raise SourceError(
            f"the storage {shown} was made by another version of Optuna than {optuna.__version__}, which is installed "
            "here; install that version, or name another database"
        )


@contextmanager
def _alone(url: URL, options: Mapping[str, Any]) -> Iterator[None]:
    """Let one process at a time make the tables: two that join a new database at once would both."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url, **options)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            yield
    finally:
        # The connection holds the lock, and is closed with the engine.
        engine.dispose()


def _reason(error: BaseException) -> str:
    """What a driver says, in a line."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return printable(said[0]) if said else type(error).__name__


def _is_gone(error: BaseException | None) -> bool:
    """Whether an error means that a server has gone away, and may come back."""
    cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
    return isinstance(cause, (OperationalError, InterfaceError)) or (
        isinstance(cause, DBAPIError) and cause.connection_invalidated
    )


@contextmanager
def plainly(shown: str) -> Iterator[None]:
    """Have one message say what is wrong with an open storage, as it is shown.

    Raises:
        SourceError: It can be read or written no more, or is none.
    """
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise SourceError(f"the storage {shown} cannot be used: {_reason(error.__cause__ or error)}") from error
    except OSError as error:
        raise SourceError(f"the storage {shown} cannot be used: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"the storage {shown} is damaged, or of another version of Optuna's") from error


def patiently(shown: str, work: Callable[[], Result]) -> Result:
    """Do something with a storage that was reached; where its server has gone away, again until it is back.

    Raises:
        SourceError: It was waited for in vain, or something else is wrong.
    """
    began = time.monotonic()
    pause = 0.1
    while True:
        try:
            with plainly(shown):
                return work()
        except SourceError as error:
            if not _is_gone(error.__cause__):
                raise
            if time.monotonic() - began > PATIENCE_S:
                raise SourceError(
                    f"{error}; it was waited for {PATIENCE_S / 60:g} minutes, and what was told is kept there: run the "
                    "same command again once it is back"
                ) from error
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


class Store:
    """A study in a storage: the trials that are finished, whoever finished them."""

    def __init__(
        self, storage: BaseStorage, shown: str, name: str, maximized: Sequence[bool], attributes: Mapping[str, Any]
    ) -> None:
        """Open it, or make it.

        Args:
            storage: As in `opened`.
            shown: How messages name it.
            name: Of the study.
            maximized: Of each objective, whether more of it is better.
            attributes: What the study is said to be, for people who look into it.

        Raises:
            SourceError: It can be read or written no more, or is none.
        """
        self._shown = shown
        self._study = patiently(
            shown,
            lambda: optuna.create_study(
                storage=storage,
                study_name=name,
                directions=["maximize" if more else "minimize" for more in maximized],
                load_if_exists=True,
            ),
        )
        known = patiently(shown, lambda: self._study.user_attrs)
        for key, value in attributes.items():
            if key not in known:
                patiently(shown, partial(self._study.set_user_attr, key, value))

    def finished(self) -> list[FrozenTrial]:
        """The finished trials, in the order in which they came, each once.

        Raises:
            SourceError: The server was waited for in vain.
        """
        found: dict[Any, FrozenTrial] = {}
        for trial in patiently(self._shown, lambda: self._study.get_trials(deepcopy=False, states=_FINISHED)):
            found.setdefault(trial.user_attrs.get(TOKEN, trial.number), trial)
        return list(found.values())

    def add(self, trial: FrozenTrial) -> None:
        """Tell of a finished trial; where it is not known whether it was told, look first.

        Raises:
            SourceError: The server was waited for in vain.
        """
        is_first = True

        def tell() -> None:
            nonlocal is_first
            if is_first or all(each.user_attrs.get(TOKEN) != trial.user_attrs[TOKEN] for each in self.finished()):
                is_first = False
                self._study.add_trial(trial)

        patiently(self._shown, tell)
