"""Ctrl-C: whatever a library makes of it, the program ends with 130 and says nothing."""

import signal
import sys
import warnings
from types import FrameType

EXIT_CODE = 130

_came = False


def listen() -> None:
    """From here on Ctrl-C raises KeyboardInterrupt, as ever, and is noted: torch makes other exceptions of that."""
    # Where a shell started the program in the background, Ctrl-C is not meant for it.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _note)


def came() -> bool:
    """Whether Ctrl-C was pressed."""
    return _came


def stop_listening() -> None:
    """From here on all is done, and what Python tidies up is not worth an interruption."""
    if signal.getsignal(signal.SIGINT) is _note:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _note(number: int, frame: FrameType | None) -> None:
    global _came
    _came = True
    # Where it cannot be raised, as in a destructor, Python would print it; and what broke off half-way warns.
    sys.unraisablehook = _ignore
    warnings.showwarning = _ignore
    raise KeyboardInterrupt


def _ignore(*arguments: object, **options: object) -> None:
    pass
