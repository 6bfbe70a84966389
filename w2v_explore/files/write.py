"""Putting a file in its place whole or not at all: made in a temporary folder beside it, then renamed.

Signals that end the program leave no temporary folder. Who is killed leaves one, but no lock on it: it is removed by
the next that writes to the same folder. What is renamed is whole at any moment, and nothing waits for the disk: a
machine that loses power may lose what was written just before.
"""

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from w2v_explore import interrupt
from w2v_explore.files import TEMPORARY

# Windows has none: there a file that is open cannot be deleted.
fcntl: Any = None if os.name == "nt" else import_module("fcntl")

_NAME = re.compile(rf"{re.escape(TEMPORARY)}[0-9a-f]{{16}}")

_tidied: set[str] = set()


def write_atomically(path: str, content: bytes) -> None:
    """Write a file under a temporary name, with the old one's permissions, and rename it.

    What is there and is no regular file, a pipe or a device as /dev/null, is written to: a rename would put a file in
    its place. A link stays one.

    Raises:
        OSError: It cannot be written.
    """
    _require_name(path)
    if _is_special(path):
        with open(path, "wb") as file:
            file.write(content)
        return
    path = os.path.realpath(path)
    with _temporary_folder(os.path.dirname(path)) as folder:
        temporary = folder / "content"
        with interrupt.let_through():
            temporary.write_bytes(content)
        temporary.chmod(_mode(path))
        os.replace(temporary, path)


def require_writable(path: str) -> None:
    """Refuse a path at which `write_atomically` could write nothing, before the work whose result goes there.

    Raises:
        OSError: Nothing can be written there.
    """
    _require_name(path)
    if not _is_special(path):
        with _temporary_folder(os.path.dirname(os.path.realpath(path))):
            pass
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def in_place_of(path: Path) -> Iterator[Path]:
    """A temporary path of the same name; all that is beside it once it was written goes to where ``path`` is.

    The file itself goes last: what it names is there before it. Until then signals are let through; then they wait.
    """
    with _temporary_folder(str(path.parent)) as folder:
        with interrupt.let_through():
            yield folder / path.name
        if interrupt.came():  # and a library went on as if it had not
            raise KeyboardInterrupt
        for written in sorted(folder.iterdir(), key=lambda written: written.name == path.name):
            if written.name == folder.name:  # the lock
                continue
            for file in written.iterdir() if written.is_dir() else [written]:
                file.chmod(_mode(str(path)))  # safetensors writes for its owner alone
            os.replace(written, path.parent / written.name)


def _require_name(path: str) -> None:
    if not path or path == "-":
        raise FileNotFoundError(errno.ENOENT, "give the name of a file")


def _is_special(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _mode(path: str) -> int:
    """The permissions of the file that is replaced, or of a new one."""
    if os.path.isfile(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


@contextmanager
def _temporary_folder(parent: str) -> Iterator[Path]:
    """A folder beside what is to be written; signals wait until it is gone."""
    parent = parent or "."
    with interrupt.held():
        _remove_abandoned(parent)
        folder, lock = _make_folder(parent)
        try:
            yield Path(folder)
        finally:
            if fcntl is None:
                lock.close()
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _make_folder(parent: str) -> tuple[str, BinaryIO]:
    """A new folder with a locked file in it, which says that its maker lives."""
    while True:
        folder = os.path.join(parent, f"{TEMPORARY}{os.urandom(8).hex()}")
        os.mkdir(folder, 0o700)
        path = _lock_in(folder)
        # Before it is locked, another process may take the folder for an abandoned one: then there is the next name.
        try:
            lock = open(path, "xb")  # noqa: SIM115
        except FileNotFoundError:
            continue
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks: nobody else gets one either
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        if os.path.exists(path):
            return folder, lock
        lock.close()


def _lock_in(folder: str) -> str:
    """The locked file, by a name that nothing else in the folder has."""
    return os.path.join(folder, os.path.basename(folder))


def _remove_abandoned(parent: str) -> None:
    """Remove the temporary folders of processes that were killed."""
    if parent in _tidied:
        return
    _tidied.add(parent)
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY) and _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_abandoned(entry.path)


def _remove_if_abandoned(folder: str) -> None:
    """Remove a temporary folder whose lock nobody holds; OSError where somebody does."""
    path = _lock_in(folder)
    if not os.path.lexists(path):
        os.rmdir(folder)  # its maker got no further, and left it empty
        return
    # No link is followed: whoever may write to the folder could lead one anywhere.
    with open(os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)), "rb") as lock:
        if fcntl is not None:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            lock.close()
            os.unlink(path)
        shutil.rmtree(folder, ignore_errors=True)
