"""Opening what a user names: a regular file, of which never more is read than was asked for; a pipe would wait."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from w2v_explore.errors import SourceError

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


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
            # A buffer of the largest size allowed for each small file would cost more than reading it.
            content = os.read(descriptor, min(size + 1, num_bytes))
            while len(content) < num_bytes and (more := os.read(descriptor, min(num_bytes - len(content), 64 * 1024))):
                content += more
            return content
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _refusal(path, error) from error


def read_whole(path: str, most_bytes: int) -> bytes:
    """A file that may not be larger than so many bytes.

    Raises:
        SourceError: As `open_file`, or it is larger.
    """
    with open_file(path) as (file, size):
        content = b"" if size > most_bytes else read_at(file, 0, most_bytes + 1)
    if max(size, len(content)) > most_bytes:
        size = max(size, len(content))
        raise SourceError(f"cannot read {path}: it has {size:,} bytes; the most allowed is {most_bytes:,}")
    return content


def read_at(file: BinaryIO, start: int, num_bytes: int) -> bytes:
    """So many bytes from a place in a file, or as many as there are: one call may give fewer."""
    file.seek(start)
    content = bytearray()
    while len(content) < num_bytes and (more := file.read(num_bytes - len(content))):
        content += more
    return bytes(content)


def _open(path: str) -> tuple[int, int]:
    """A descriptor of a regular file, and its size; SourceError or OSError where there is none."""
    # Opening a FIFO would wait for a writer.
    descriptor = os.open(path, _FLAGS)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return descriptor, status.st_size
    os.close(descriptor)
    raise SourceError(f"cannot read {path}: it is {'a folder' if stat.S_ISDIR(status.st_mode) else 'no regular file'}")


def _refusal(path: str, error: OSError) -> SourceError:
    return SourceError(f"cannot read {path}: {error.strerror or error}")
