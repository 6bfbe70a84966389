"""Putting a file in its place whole or not at all: made in a temporary folder beside it, then renamed.

Signals that end the program leave no temporary folder. Who is killed leaves one, but no lock on it: it is removed by
the next that writes to the same folder. What is renamed is whole at any moment, and nothing waits for the disk: a
machine that loses power may lose what was written just before.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from w2v_explore import interrupt
from w2v_explore.errors import SourceError
from w2v_explore.files import TEMPORARY
from w2v_explore.files.read import read_whole, was_noted

# Windows has none: there a file that is open cannot be deleted.
fcntl: Any = None if os.name == "nt" else import_module("fcntl")

_LOCK = "lock"
_NAME = re.compile(rf"{re.escape(TEMPORARY)}[0-9a-f]{{16}}")

_tidied: set[str] = set()


def write_atomically(path: str, content: bytes) -> None:
    """As `rewrite_atomically`, of a file that has nothing to do with what was read, or holds this already.

    Raises:
        SourceError: It cannot be written, or is refused by `require_unread`.
    """
    try:
        require_unread(path)
    except SourceError:
        if not _holds(path, content):
            raise
    rewrite_atomically(path, content)


def _holds(path: str, content: bytes) -> bool:
    """Whether a file is this already, as one that was made by the same command and is found by it: nothing is lost."""
    try:
        return read_whole(path, len(content)) == content
    except SourceError:
        return False


def require_unread(path: str) -> None:
    """Refuse to replace a file that was read, under this name or another one, while files are noted.

    Raises:
        SourceError: It was read.
    """
    if was_noted(path) and not is_special(path):
        raise SourceError(f"{path} would be replaced by what is made from it; give another file")


def rewrite_atomically(path: str, content: bytes) -> None:
    """Write a file under a temporary name, with the old one's permissions, and rename it; it may have been read.

    What is there and is no regular file, a pipe or a device as /dev/null, is written to: a rename would put a file in
    its place. So is an open file of this process, as /dev/stdout, whatever was written to it before. A link stays one.

    Raises:
        SourceError: It cannot be written.
    """
    with refusing(path):
        _require_file(path)
        if is_special(path):
            number = _descriptor(path)
            with open(path if number is None else os.dup(number), "wb") as file:
                file.write(content)
            return
        real = os.path.realpath(path)
        with temporary_folder(os.path.dirname(real)) as folder:
            temporary = folder / "content"
            with interrupt.let_through():
                temporary.write_bytes(content)
            if os.path.isfile(real):
                shutil.copymode(real, temporary)
            os.replace(temporary, real)


def require_writable(path: str) -> None:
    """Refuse a path at which `write_atomically` could write nothing, before the work whose result goes there.

    Raises:
        SourceError: Nothing can be written there.
    """
    with refusing(path):
        _require_file(path)
        if not is_special(path):
            with temporary_folder(os.path.dirname(os.path.realpath(path))):
                pass
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def refusing(path: str) -> Iterator[None]:
    """What the system has against writing a file becomes the message of a SourceError, in one wording for all."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"cannot write {path or repr(path)}: {error.strerror or error}") from error


@contextmanager
def in_place_of(path: Path) -> Iterator[Path]:
    """A temporary path of the same name; all that is beside it once it was written goes to where ``path`` is.

    The file itself goes last: what it names is there before it. Until then signals are let through; then they wait.
    ``path`` is no link.

    Raises:
        SourceError: It is refused by `require_unread`.
        OSError: It cannot be written.
    """
    require_unread(str(path))
    with temporary_folder(str(path.parent)) as folder:
        with interrupt.let_through():
            yield folder / path.name
        if interrupt.came():  # and a library went on as if it had not
            raise KeyboardInterrupt
        for written in sorted(folder.iterdir(), key=lambda written: written.name == path.name):
            for file in written.iterdir() if written.is_dir() else [written]:
                # safetensors writes for its owner alone; the lock has the permissions of any new file.
                shutil.copymode(path if path.is_file() else folder.with_name(_LOCK), file)
            os.replace(written, path.parent / written.name)


@contextmanager
def temporary_folder(parent: str) -> Iterator[Path]:
    """A folder in a locked one, in the folder ``parent``; signals wait until they are gone."""
    with interrupt.held():
        _remove_abandoned(parent)
        folder, lock = _make_folder(parent)
        try:
            content = _content_in(folder)
            os.mkdir(content)
            yield Path(content)
        finally:
            if fcntl is None:
                lock.close()
            _remove(folder)
            lock.close()


def is_special(path: str) -> bool:
    """Whether what is there is written to rather than replaced: a pipe, a device, an open file of this process."""
    return os.path.exists(path) and not os.path.isdir(path) and not (os.path.isfile(path) and _descriptor(path) is None)


def _require_file(path: str) -> None:
    """Refuse what names no file, and a file that its owner has made read-only: a rename would not mind."""
    if not path or path == "-":
        raise FileNotFoundError(errno.ENOENT, "give the name of a file")
    try:
        is_name = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        is_name = False
    if not is_name:
        raise OSError(errno.EINVAL, "no file's name can have its characters")
    if path.endswith((os.sep, os.altsep or os.sep)) and not os.path.isdir(path):
        raise NotADirectoryError(errno.ENOTDIR, "it ends as the name of a folder does")
    if os.path.isfile(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _descriptor(path: str) -> int | None:
    """The number of the open file that /dev/stdout, /dev/fd/3 or a link to them stands for; None for other paths."""
    folders = ("/dev/fd", os.path.realpath("/proc/self/fd"))
    while os.path.exists(path):
        folder, name = os.path.split(path)
        if name.isdecimal() and os.path.realpath(folder) in folders:
            return int(name)
        if not os.path.islink(path):
            break
        path = os.path.join(folder, os.readlink(path))
    return None


def _make_folder(parent: str) -> tuple[str, BinaryIO]:
    """A new folder with a locked file in it, which says that its maker lives."""
    while True:
        folder = os.path.join(parent, f"{TEMPORARY}{os.urandom(8).hex()}")
        os.mkdir(folder, 0o700)
        path = os.path.join(folder, _LOCK)
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


def _content_in(folder: str) -> str:
    """Where the files are, by a name that no other folder has: a link in the place of this one leads to none."""
    return os.path.join(folder, os.path.basename(folder))


def _remove(folder: str) -> None:
    """Remove the files, then the lock: who is killed between leaves a folder that is known as abandoned."""
    shutil.rmtree(_content_in(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


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
    path = os.path.join(folder, _LOCK)
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
        _remove(folder)
