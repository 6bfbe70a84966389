"""``--plot``, and other files that a command writes beside what it prints."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import typer

from w2v_explore.errors import missing_extra
from w2v_explore.files.write import refusing, require_writable

_FORMATS = {".svg": "svg", ".png": "png"}


def require_output(option: str, path: Path) -> None:
    """Refuse a file that cannot be written, before anything is worked out.

    Raises:
        typer.BadParameter: It is a folder, or in none.
        SourceError: It may not be written.
    """
    with refusing(str(path)):
        if path.is_dir() or not path.parent.is_dir():
            raise typer.BadParameter(f"{option} cannot write {path}: give a file in a folder that is there")
    require_writable(str(path))


def check_apart(outputs: Mapping[str, str | Path | None]) -> None:
    """Refuse one path for two of the options that write: the second would replace what the first wrote."""
    by_path: dict[str, str] = {}
    for option, path in outputs.items():
        other = option if path in (None, "-") else by_path.setdefault(os.path.realpath(path), option)
        if other != option:
            raise typer.BadParameter(f"{other} and {option} cannot both write {path}; give each a path of its own")


def require_picture(path: Path) -> None:
    """Refuse a file for ``--plot`` that cannot be written, or as what nobody draws.

    Raises:
        typer.BadParameter: As `require_output`, or it is no SVG and no PNG.
        MissingExtraError: matplotlib is not installed.
        SourceError: It may not be written.
    """
    require_output("--plot", path)
    if path.suffix.lower() not in _FORMATS:
        raise typer.BadParameter(f"--plot writes .svg and .png, not {path.name}")
    if find_spec("matplotlib") is None:
        raise missing_extra("--plot", "matplotlib", "plot")


def picture_format(path: Path) -> str:
    """What a picture is written as."""
    return _FORMATS[path.suffix.lower()]
