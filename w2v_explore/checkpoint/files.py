"""Opening what should be a file of weights: never a pipe that waits, never more than is asked for."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from w2v_explore.errors import CheckpointError, SourceError


@contextmanager
def open_file(path: str) -> Iterator[tuple[BinaryIO, int]]:
    """A regular file, open for reading without a buffer, and its size in bytes.

    Raises:
        SourceError: Nothing is there, it is no regular file, or it cannot be read.
    """
    try:
        # Opening a FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise SourceError(f"cannot read {path}: it is no regular file")
            yield file, status.st_size
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


def read_start(path: str, num_bytes: int) -> bytes:
    """The first bytes of a file, or all of one that is shorter."""
    with open_file(path) as (file, _):
        return _read(file, num_bytes)


def read_at(file: BinaryIO, start: int, num_bytes: int) -> bytes:
    """So many bytes from a place in a file, or as many as there are."""
    file.seek(start)
    return _read(file, num_bytes)


def read_whole(path: str, most_bytes: int) -> bytes:
    """A file that may not be larger than so many bytes.

    Raises:
        CheckpointError: It is larger.
    """
    with open_file(path) as (file, size):
        if size > most_bytes:
            raise CheckpointError(f"cannot read {path}: it has {size:,} bytes; the most allowed is {most_bytes:,}")
        return _read(file, size)


def _read(file: BinaryIO, num_bytes: int) -> bytes:
    """So many bytes, or as many as there are: one call may give fewer."""
    content = bytearray()
    while len(content) < num_bytes and (more := file.read(num_bytes - len(content))):
        content += more
    return bytes(content)
