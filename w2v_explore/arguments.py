"""What Python callers give the public functions: paths, and how a message names what is none."""

import os


def kind_of(value: object) -> str:
    """How the message of a TypeError names a value."""
    return "None" if value is None else f"an object of the type {type(value).__name__}"


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
