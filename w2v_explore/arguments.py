"""What callers give: limits, paths, numbers of any library, and what messages call anything else."""

import os
from typing import Any

DEFAULT_SECONDS = 10.0
"""How long an utterance is where nobody says."""

MAX_RUNS = 10_000
"""Passes that one measurement may take."""

MAX_THREADS = 4_096
"""Threads that a CPU may be asked to compute with."""


def kind_of(value: object) -> str:
    """How the message of a TypeError names a value."""
    return "None" if value is None else f"an object of the type {type(value).__name__}"


def plain_data(value: Any) -> Any:
    """A value in Python's own types where it is a number or an array of another library, as numpy's; lists by item.

    Anything else is returned as it is.
    """
    if value is None or value.__class__ in (int, float, bool, str):
        return value
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    # Imported only where a number is of another type.
    from numbers import Integral, Real

    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if hasattr(value, "tolist") and not isinstance(value, type):
        return value.tolist()
    return value


def path_text(path: str | os.PathLike[str], what: str) -> str:
    """A path as text.

    Args:
        path: Text, or any object that is a path.
        what: What it is the path of, for the message.

    Raises:
        TypeError: It is no path, or one in bytes.
    """
    text: object = path
    if isinstance(path, os.PathLike):
        text = os.fspath(path)
    if isinstance(text, str):
        return text
    raise TypeError(f"{kind_of(text)} is given for {what}; give its path, as text or a pathlib.Path")
