"""The designs of an answer as files of configs: a folder, whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from w2v_explore.arguments import path_text
from w2v_explore.config.dialects.write import as_comment, write_config, yaml_line
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import SourceError
from w2v_explore.files.write import in_place_of, is_special, refusing, require_writable
from w2v_explore.search.answer import LISTS, Answer, Design
from w2v_explore.search.reproduce import Origin, origin_of

_UNFIT = re.compile(r"[^\w.-]+")
_MAX_STEM = 60


def require_folder(folder: str | os.PathLike[str]) -> Path:
    """Refuse a path at which `write_designs` could write nothing, before the work whose result goes there.

    Raises:
        SourceError: It is no new or empty folder, or none can be made there.
        TypeError: It is no path.
    """
    path = Path(path_text(folder, "where to write"))
    if str(folder) in ("", "-"):
        raise SourceError("give the name of a folder that is new or empty")
    with refusing(str(path)):
        if not path.parent.is_dir():
            raise SourceError(f"there is no folder {path.parent}")
        if path.is_symlink() or is_special(str(path)) or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
            raise SourceError(f"{path} is there already; name a folder that is new or empty")
    require_writable(str(path))
    return path


def write_designs(answer: Answer, folder: str | os.PathLike[str]) -> list[Path]:
    """Write a config for each design: what the config that the space is around was read from, with what differs.

    Args:
        answer: The answer.
        folder: Where to write them; it must be new or empty.

    Returns:
        The files, in the order of the designs.

    Raises:
        SourceError: Nothing can be written there.
        TypeError: The folder is no path.
    """
    path = require_folder(folder)
    texts = dict(_files(answer, path))
    with refusing(str(path)), in_place_of(path) as temporary:
        temporary.mkdir()
        for name, text in texts.items():
            (temporary / name).write_text(text, encoding="utf-8", newline="\n")
    return [path / name for name in texts]


def _files(answer: Answer, folder: Path) -> Iterator[tuple[str, str]]:
    origin = origin_of(answer.question.space.config)
    number, what = len(answer.designs), LISTS[answer.question.mode.name]
    base = origin.extended_in(folder)
    base_name, digits = answer.analysis.config.name, len(str(number))
    for place, design in enumerate(answer.designs, 1):
        stem = f"{_stem(answer)}-{what}-{place:0{digits}}"
        says = f"design {place} of {number} ({what}) that w2v-explore search found around {shorten(base_name)}"
        yield f"{stem}.yaml", f"{as_comment(design.command)}\n{_config(design, stem, says, origin, base)}"


def _stem(answer: Answer) -> str:
    """The beginning of the names of files."""
    origin = answer.analysis.config.origin
    stem = origin.removeprefix("preset ") if origin.startswith("preset ") else Path(origin).stem
    return _UNFIT.sub("_", stem)[:_MAX_STEM].strip("_.-") or "config"


def _config(design: Design, name: str, says: str, origin: Origin, base: str | None) -> str:
    config = replace(design.config, name=name, description=says)
    if base is None:
        return write_config(config, "w2v")
    values = {"extends": base, "description": says, **origin.differing(config, config.sample_rate)}
    return "".join(yaml_line(key, value) for key, value in values.items())
