"""Where a config comes from: a file, a preset's name, or ``-`` for standard input. Reads bytes, at most 512 KiB."""

import os
import sys
from typing import NamedTuple

from w2v_explore.config.presets import preset_names, preset_path
from w2v_explore.encoding import as_unicode
from w2v_explore.errors import SourceError
from w2v_explore.files.read import is_there, note_file, read_start

# A config holds about 1 KB; the largest Hugging Face config.json (thousands of labels) about 200 KB.
MAX_BYTES = 512 * 1024
FOLDER_CONFIG = "config.json"
"""What Hugging Face calls the config in the folder of a model."""


class Source(NamedTuple):
    """The bytes of a config.

    Attributes:
        name: What messages call it: the path as it was given, ``preset base``, ``<stdin>``.
        content: At most `MAX_BYTES` + 1 bytes; one more than allowed marks a source that is too big.
        path: The file; None where there is none.
        is_embedded: Whether it stands inside a checkpoint, and may name no file.
    """

    name: str
    content: bytes
    path: str | None = None
    is_embedded: bool = False

    @property
    def folder(self) -> str:
        """Where a relative ``extends`` is looked up."""
        return os.path.dirname(self.path) if self.path else ""

    @property
    def stem(self) -> str:
        """The config's name where it gives none itself: the file's, or the folder's of a config.json."""
        if self.path and os.path.basename(self.path) == FOLDER_CONFIG:
            return as_unicode(os.path.basename(os.path.dirname(os.path.abspath(self.path))))
        return as_unicode(os.path.splitext(os.path.basename(self.path))[0]) if self.path else self.name.strip("<>")

    @property
    def suffix(self) -> str:
        """The end of the file's name, ``.json``; empty where there is no file."""
        return os.path.splitext(self.path)[1].lower() if self.path else ""

    @property
    def identity(self) -> str:
        """Equal for equal files: two paths can lead to one."""
        return os.path.realpath(self.path) if self.path else self.name


def read_source(reference: str, folder: str | None = None) -> Source:
    """The source that a command-line argument or an ``extends`` names.

    Args:
        reference: A path, a preset's name with or without ``.yaml``, or ``-`` (only where ``folder`` is None).
            A file of that name wins over a preset; a folder stands for its config.json.
        folder: What a relative path starts from; the working folder by default.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
    """
    if reference == "-" and folder is None:
        return read_stdin("<stdin>")
    if "\0" in reference:
        raise SourceError(f"{reference!r} is no path: it holds a NUL character")
    if not reference:
        # Joined to the folder it would name the folder, and the config.json in it.
        from w2v_explore.config.absent import no_file_or_preset

        raise SourceError(no_file_or_preset(reference))
    path = os.path.join(folder or "", reference)
    stem = reference.removesuffix(".yaml")
    if stem in preset_names() and (not is_there(path) or os.path.isdir(path)):
        return read_preset(stem)
    if is_there(os.path.join(path, FOLDER_CONFIG)):
        return read_file(os.path.join(path, FOLDER_CONFIG))
    return read_file(path, reference)


def read_stdin(name: str) -> Source:
    """What is piped in, under a name.

    Raises:
        SourceError: Standard input is closed or cannot be read.
    """
    try:
        if sys.stdin is not None:
            note_file("/dev/stdin")  # which may be a file
            return Source(name, sys.stdin.buffer.read(MAX_BYTES + 1))
    except OSError as error:
        raise SourceError(f"cannot read standard input: {error.strerror or error}") from error
    raise SourceError("cannot read standard input: it is closed")


def read_preset(name: str) -> Source:
    """The source of a preset, by its exact name."""
    path = str(preset_path(name))
    return Source(f"preset {name}", read_start(path, MAX_BYTES + 1), path)


def is_preset(source: Source) -> bool:
    """Whether a source is a preset that was asked for by its name, and no file of the user's."""
    return source.name == f"preset {source.stem}"


def read_file(path: str, reference: str | None = None) -> Source:
    """The source at a path; ``reference`` is what it was asked for by, where a preset's name would do too.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
    """
    try:
        return Source(path, read_start(path, MAX_BYTES + 1), path)
    except SourceError as error:
        if not os.path.lexists(path):
            # Imported only where there is nothing of that name.
            from w2v_explore.config.absent import no_file, no_file_or_preset

            told = no_file(path) if reference is None else no_file_or_preset(reference, path.removesuffix(reference))
            raise SourceError(told) from error
        if os.path.isdir(path):
            raise SourceError(f"{error} without a config.json; name a file in it") from error
        if os.path.exists(path) and not os.path.isfile(path):
            raise SourceError(f"{error}; pipe its content in and write - instead") from error
        raise
