"""Standard output and standard error: what they cannot encode, and what happens when they cannot be written."""

from __future__ import annotations

import codecs
import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

import typer

from w2v_explore import interrupt
from w2v_explore.encoding import ERRORS, printable
from w2v_explore.errors import W2vExploreError


class OutputError(W2vExploreError):
    """Standard output or standard error cannot be written: a full disk, a closed descriptor, a device that fails."""


class _Output(io.TextIOWrapper):
    """A standard stream that raises `OutputError`, by which its failures are told from another file's."""

    def __init__(self, stream: io.TextIOWrapper, title: str) -> None:
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors=ERRORS,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self._title = title
        # Python writes the mark itself where it can tell the start of a stream.
        self._lacks_mark = codecs.lookup(stream.encoding).name in ("utf-16", "utf-32") and not stream.seekable()

    def write(self, text: str) -> int:
        if self._lacks_mark and text:
            self._lacks_mark, text = False, f"\ufeff{text}"
        try:
            return super().write(text)
        except OSError as error:
            raise self._failure(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise self._failure(error) from error

    def write_bytes(self, content: bytes) -> None:
        """Write what is no text of ours, byte for byte."""
        self.flush()
        try:
            self.buffer.write(content)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> OutputError:
        """The error to raise; where the reader of a pipe has gone, a signal ends the program instead."""
        # Python writes what is left in the buffer once more at the end: it has to go somewhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if error.errno == errno.EPIPE and hasattr(signal, "SIGPIPE"):
            interrupt.close_pipe()
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror or error
        return OutputError(f"cannot write to {self._title}: {reason}")


def do_each(*steps: Callable[[], None]) -> None:
    """Take every step, even after one has failed; the last failure is raised, and earlier failures are said."""
    failures: list[Exception] = []
    for step in steps:
        try:
            step()
        except (W2vExploreError, typer.BadParameter) as error:
            failures.append(error)
    for failure in failures[:-1]:
        say(f"error: {failure}")
    if failures:
        raise failures[-1]


def print_bytes(content: bytes) -> None:
    """Write to standard output, which `guard_streams` guards, what is no text of ours."""
    assert isinstance(sys.stdout, _Output)
    sys.stdout.write_bytes(content)


def wants_colour(stream: TextIO | None = None) -> bool:
    """Whether a stream, standard output by default, shows colours and a bold face."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def say(*lines: object) -> None:
    """Print lines on standard error, made printable: every message goes this way, since it may quote anything."""
    for line in lines:
        print(printable(str(line)), file=sys.stderr)


@contextmanager
def guard_streams() -> Iterator[None]:
    """Replace the standard streams by streams that raise `OutputError`, and write ASCII for what an encoding lacks."""
    _open_closed()
    stdout, stderr = sys.stdout, sys.stderr
    guarded = _Output(stdout, "standard output"), _Output(stderr, "standard error")  # type: ignore[arg-type]
    sys.stdout, sys.stderr = guarded
    try:
        yield
    finally:
        sys.stdout, sys.stderr = stdout, stderr
        with ExitStack() as both:
            for stream in guarded:
                both.callback(_let_go, stream)


def _let_go(stream: _Output) -> None:
    """Write what is left, and leave the stream below open, which Python writes to at the end, even if that fails."""
    try:
        stream.flush()
    finally:
        stream.detach()


def _open_closed() -> None:
    """Open the standard streams that the program was started without, so that no other file takes their numbers.

    Nothing can be written to standard output then; whoever closes standard error does not want to hear anything.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
