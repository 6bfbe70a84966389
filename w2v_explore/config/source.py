"""Where a config comes from: a file, a preset's name, or ``-`` for standard input. Reads bytes, at most 512 KiB."""

from __future__ import annotations

import difflib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from w2v_explore.config.presets import preset_names, preset_path
from w2v_explore.errors import SourceError

# A config holds about 1 KB; the largest Hugging Face config.json (thousands of labels) about 200 KB.
MAX_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a config.

    Attributes:
        name: What messages call it: the path as it was given, ``preset base``, ``<stdin>``.
        content: At most `MAX_BYTES` + 1 bytes; one more than allowed marks a source that is too big.
        folder: Where a relative ``extends`` is looked up.
        identity: Equal for equal sources; two names can lead to one file.
        stem: The config's name where it gives none itself.
    """

    name: str
    content: bytes
    folder: Path
    identity: str
    stem: str


def read_source(reference: str, folder: Path | None = None) -> Source:
    """The source that a command-line argument or an ``extends`` names.

    Args:
        reference: A path, a preset's name with or without ``.yaml``, or ``-`` (only where ``folder`` is None).
            A file of that name wins over a preset.
        folder: What a relative path starts from; the working folder by default.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
    """
    if reference == "-" and folder is None:
        return Source("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), Path.cwd(), "<stdin>", "stdin")
    path = folder / reference if folder is not None else Path(reference)
    name = reference if folder is None else os.path.relpath(path)
    if "\0" in reference:
        raise SourceError(f"{reference!r} is no path: it holds a NUL character")
    try:
        if os.path.lexists(path):
            return _read_file(path, name)
    except OSError as error:
        raise SourceError(f"cannot read {name}: {error.strerror or error}") from error
    stem = reference.removesuffix(".yaml")
    if stem in preset_names():
        return read_preset(stem)
    raise SourceError(_not_found(reference))


def read_preset(name: str) -> Source:
    """The source of a preset, by its exact name."""
    path = preset_path(name)
    return Source(f"preset {name}", path.read_bytes(), path.parent, str(path.resolve()), name)


def _read_file(path: Path, name: str) -> Source:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise SourceError(f"cannot read {name}: it is a folder; name a YAML file in it")
    if not stat.S_ISREG(mode):
        # Opening a FIFO or a device could wait for ever.
        raise SourceError(f"cannot read {name}: it is no regular file; pipe its content in and write - instead")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    return Source(name, content, path.parent, str(path.resolve()), path.stem)


def _not_found(reference: str) -> str:
    guesses = difflib.get_close_matches(reference.removesuffix(".yaml"), preset_names(), n=1)
    guess = f"; did you mean the preset {guesses[0]}?" if guesses else "; `w2v-explore presets` lists the presets"
    return f"no file or preset is named {reference}{guess}"
