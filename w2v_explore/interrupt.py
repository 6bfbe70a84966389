"""Signals that end the program: whatever a library makes of one, it ends tidily, says nothing, and is known by it."""

import atexit
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Ctrl-C, what `kill` and batch systems send, and a terminal that is closed; Windows has no last of these.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# A terminal that is closed sends SIGHUP, and the shell in it once more: the second would break off the tidying up.
_SAME_S = 1.0

_number = 0
_noted_at = 0.0
_is_held = False
_is_pending = False


def listen() -> None:
    """From here on a signal that ends the program is noted, and raises KeyboardInterrupt as Ctrl-C ever did."""
    for number in SIGNALS:
        # Where a shell started the program in the background, Ctrl-C is not meant for it; nor is SIGHUP under nohup.
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _note)
    atexit.register(_end_by_the_signal)


def came() -> bool:
    """Whether such a signal came, or a pipe was closed by its reader."""
    return _number != 0


def exit_code() -> int:
    """What shells call a process that the signal ended."""
    return 128 + (_number or signal.SIGINT)


def stop_listening() -> None:
    """From here on all is done, and what Python tidies up is not worth an interruption."""
    for number in SIGNALS:
        if signal.getsignal(number) is _note:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def held() -> Iterator[None]:
    """What begins in here is finished: a signal that comes meanwhile is raised at the end.

    For what a KeyboardInterrupt between two lines would leave behind. Without `listen` it does nothing.
    """
    global _is_held
    before = _is_held
    _is_held = True
    try:
        yield
    finally:
        _is_held = before
    _raise_pending()


@contextmanager
def let_through() -> Iterator[None]:
    """A part inside of `held` that may take long: in here signals are raised as they come."""
    global _is_held
    before = _is_held
    _is_held = False
    try:
        _raise_pending()
        yield
    finally:
        _is_held = before


def close_pipe() -> None:
    """The reader of a pipe has gone: end as other Unix programs do, by SIGPIPE, but tidily."""
    global _number
    _number = _number or signal.SIGPIPE
    raise KeyboardInterrupt


def _note(number: int, frame: FrameType | None) -> None:
    global _number, _noted_at, _is_pending
    now = time.monotonic()
    if _number and now - _noted_at < _SAME_S:
        return
    _number, _noted_at = _number or number, now
    # Where it cannot be raised, as in a destructor, Python would print it; and what broke off half-way warns.
    sys.unraisablehook = _ignore
    warnings.showwarning = _ignore
    _is_pending = True
    if not _is_held:
        _raise_pending()


def _raise_pending() -> None:
    global _is_pending
    if _is_pending and not _is_held:
        _is_pending = False
        raise KeyboardInterrupt


def _end_by_the_signal() -> None:
    """Let the parent see which signal ended the program; Ctrl-C is exit code 130, which Windows has too."""
    if _number in (0, signal.SIGINT) or os.name == "nt":
        return
    signal.signal(_number, signal.SIG_DFL)
    os.kill(os.getpid(), _number)


def _ignore(*arguments: object, **options: object) -> None:
    pass
