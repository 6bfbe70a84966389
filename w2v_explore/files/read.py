"""Opening what a user names, or what lies where a user could have put it: the one way in of every file.

A file is opened without waiting, has to be a regular one, and is read no further than its reader's limit, whatever
size it states: a FIFO, a device, a socket and a link to /dev/zero are refused, and an endless file of /proc ends at the
limit. Not promised is the time that a file system takes: a network whose server is gone may hold up any call.
"""

import errno
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from w2v_explore.errors import SourceError

# Opening a FIFO would wait for a writer, and a terminal could become the one that controls this process.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_NO_REGULAR_FILE = "it is no regular file"
_PIECE_BYTES = 64 * 1024

FileState = tuple[int, int, int, int] | None
"""What is another one after a file was saved, in its place or by a rename, or may be read by others than before.

None where nothing is, or it is empty.
"""


class _Notes(threading.local):
    """What each `noting_files` that this thread is in has noted so far, the outermost first: that one has all."""

    of_each: tuple[dict[str, FileState], ...] = ()


_notes = _Notes()


@contextmanager
def noting_files() -> Iterator[dict[str, FileState]]:
    """All files that this thread looks for meanwhile, there or not, each as it was when it was first opened."""
    before = _notes.of_each
    files: dict[str, FileState] = {}
    _notes.of_each = (*before, files)
    try:
        yield files
    finally:
        _notes.of_each = before


@contextmanager
def unnoted() -> Iterator[None]:
    """Files that are opened meanwhile are not noted: a search looks at many that it makes no use of."""
    before, _notes.of_each = _notes.of_each, ()
    try:
        yield
    finally:
        _notes.of_each = before


def note_file(path: str) -> None:
    """Note a file that a library opens, that is opened later, or that was opened in `unnoted`."""
    for files in _notes.of_each:
        files.setdefault(path, None)


def _note_state(path: str, state: FileState) -> None:
    for files in _notes.of_each:
        files[path] = files[path] or state


def was_noted(path: str) -> bool:
    """Whether what lies at a path is a regular file that is noted, whatever name it was opened by."""
    if not _notes.of_each:
        return False
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    # Files are asked for anew: one that was repaired meanwhile is another one, of the same name.
    return stat.S_ISREG(status.st_mode) and any(_leads_to(name, status) for name in _notes.of_each[0])


def _leads_to(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), status)
    except (OSError, ValueError):
        return False


def state_of(path: str) -> FileState:
    """The state of what lies at a path."""
    try:
        return _state(os.stat(path))
    except (OSError, ValueError):
        return None


def _state(status: os.stat_result) -> FileState:
    # The time of the last change of the file itself, which a copy that keeps times and `chmod` set.
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino) if status.st_size else None


@contextmanager
def open_file(path: str) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file, open for reading without a buffer, and its size in bytes.

    Raises:
        SourceError: Nothing is there, it is no regular file, or it cannot be read.
    """
    try:
        descriptor, size = _open(path)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield file, size
    except OSError as error:
        raise _refusal(path, error) from error


def read_start(path: str, num_bytes: int) -> bytes:
    """The first bytes of a file, or all of one that is shorter.

    Raises:
        SourceError: As `open_file`.
    """
    try:
        descriptor, size = _open(path)
        try:
            return _read(descriptor, size, num_bytes)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(path, error) from error


def read_whole(path: str, most_bytes: int) -> bytes:
    """A file that may not be larger than so many bytes.

    Raises:
        SourceError: As `open_file`, or it is larger.
    """
    try:
        descriptor, size = _open(path)
        try:
            content = b"" if size > most_bytes else _read(descriptor, size, most_bytes + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(path, error) from error
    if max(size, len(content)) > most_bytes:
        # A file that grows, and those of /proc, state fewer bytes than they have.
        has = f"{size:,}" if size > most_bytes else f"more than {most_bytes:,}"
        raise SourceError(f"cannot read {path}: it has {has} bytes; the most allowed is {most_bytes:,}")
    return content


def read_if_there(path: str, most_bytes: int) -> bytes | None:
    """`read_whole` of a file that is looked for and need not be there; None where nothing has its name.

    Raises:
        SourceError: As `read_whole`.
    """
    try:
        return read_whole(path, most_bytes)
    except SourceError as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            return None
        raise


def read_at(file: BinaryIO, start: int, num_bytes: int) -> bytes:
    """So many bytes from a place in a file, or as many as there are: one call may give fewer."""
    file.seek(start)
    content = bytearray()
    while len(content) < num_bytes and (more := file.read(num_bytes - len(content))):
        content += more
    return bytes(content)


def _open(path: str) -> tuple[int, int]:
    """A descriptor of a regular file, and its size; SourceError or OSError where there is none."""
    note_file(path)
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:
        reason = "it holds a NUL character" if "\0" in path else "no file's name can have its characters"
        raise SourceError(f"{path!r} is no path: {reason}") from error
    except PermissionError:
        # It is there all the same: who waits for a change of it would find one at every look.
        _note_state(path, state_of(path))
        raise
    status = os.fstat(descriptor)
    _note_state(path, _state(status))
    if stat.S_ISREG(status.st_mode):
        return descriptor, status.st_size
    os.close(descriptor)
    raise SourceError(f"cannot read {path}: {'it is a folder' if stat.S_ISDIR(status.st_mode) else _NO_REGULAR_FILE}")


def _read(descriptor: int, size: int, num_bytes: int) -> bytes:
    """The first bytes of an open file that states a size, which may be too small."""
    # A buffer of the largest size allowed for each small file would cost more than reading it.
    content = os.read(descriptor, min(size + 1, num_bytes))
    if len(content) == size < num_bytes:
        return content
    pieces = bytearray(content)
    while len(pieces) < num_bytes and (more := os.read(descriptor, min(num_bytes - len(pieces), _PIECE_BYTES))):
        pieces += more
    return bytes(pieces)


def _refusal(path: str, error: OSError) -> SourceError:
    # A socket cannot be opened at all.
    reason = _NO_REGULAR_FILE if error.errno == errno.ENXIO else error.strerror or error
    return SourceError(f"cannot read {path}: {reason}")
