"""``[tool.w2v-explore]`` of the nearest pyproject.toml: the options of `lint`, for a whole project."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import SourceError
from w2v_explore.files.read import read_if_there
from w2v_explore.lint.codes import is_known

_TABLE = "w2v-explore"
# A file with nothing of the kind in it is not parsed.
_TRACE = re.compile(rb"w2v[ _-]?explor", re.IGNORECASE)
# Those with the settings of many tools have some 30 KB.
_MAX_BYTES = 512 * 1024
_MAX_DOTS_SQUARED = 10**7
_CLOSE = 0.85
_LISTS = ("paths", "select", "ignore")
_KEYS = (*_LISTS, "fail-on", "seconds", "format", "budgets", "per-path-ignores")
_SEVERITIES = ("error", "warning", "advice")


class Project(NamedTuple):
    """What a pyproject.toml says.

    Attributes:
        folder: Where it lies; its paths and patterns start there.
        paths: What to lint where the command line names nothing.
        select: As `Settings.select`.
        ignore: As `Settings.ignore`.
        fail_on: As `Settings.fail_on`; None where it says nothing.
        seconds: As `Settings.seconds`.
        format: The output format; None where it says nothing.
        budgets: As `Settings.budgets`.
        per_path_ignores: Rules to leave out, by a glob of paths.
    """

    folder: str = "."
    paths: tuple[str, ...] = ()
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    seconds: float | None = None
    format: str | None = None
    budgets: Mapping[str, Any] = MappingProxyType({})
    per_path_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def load_project(folder: str) -> Project:
    """The settings of the nearest pyproject.toml with a ``[tool.w2v-explore]``, upwards from a folder.

    Raises:
        SourceError: It cannot be read, is no TOML, or says something that has no meaning.
    """
    folder = os.path.abspath(folder)
    while True:
        path = os.path.join(folder, "pyproject.toml")
        table = _table(path)
        if table is not None:
            return _project(path, folder, table)
        parent = os.path.dirname(folder)
        if parent == folder:
            return Project()
        folder = parent


def _table(path: str) -> dict[str, Any] | None:
    content = read_if_there(path, _MAX_BYTES)
    if content is None or not _TRACE.search(content):
        return None
    document = _parse(path, content)
    misplaced = next(_misplaced(document), None)
    if misplaced is not None:
        raise SourceError(f"{path}: the table {misplaced} is read by nobody; call it tool.{_TABLE}")
    tools = document.get("tool", {})
    if not isinstance(tools, dict):
        raise SourceError(f"{path}: tool is {describe(tools)}; write a table, [tool.{_TABLE}]")
    table = tools.get(_TABLE)
    if table is not None and not isinstance(table, dict):
        raise SourceError(f"{path}: tool.{_TABLE} is {describe(table)}; write a table, [tool.{_TABLE}]")
    return table


def _parse(path: str, content: bytes) -> dict[str, Any]:
    # Only projects that configure the linter pay for the import.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    # The parser takes time with the square of the parts of a key.
    if sum(line.count(b".") ** 2 for line in content.splitlines()) > _MAX_DOTS_SQUARED:
        raise SourceError(f"cannot read {path}: it has keys of too many parts")
    try:
        document: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
        return document
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"cannot read {path}: {error}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(f"cannot read {path}: it is no UTF-8 (at line {line})") from error
    except RecursionError as error:
        raise SourceError(f"cannot read {path}: it is nested too deep") from error
    except ValueError as error:
        # Python's own message says how to have its limit lifted.
        raise SourceError(f"cannot read {path}: it has a number or a date that nothing can be") from error


def _misplaced(document: dict[str, Any]) -> Iterator[str]:
    """The tables that were most likely meant for us, and have another name or stand elsewhere."""
    # Only a few files come this far.
    from difflib import get_close_matches

    places = [(name, document.get(name)) for name in ("tool", "tools", "Tool", "project")] + [("", document)]
    for place, tables in places:
        for name, value in tables.items() if isinstance(tables, dict) else ():
            is_right = place == "tool" and name == _TABLE
            if isinstance(value, dict) and not is_right and get_close_matches(name.lower(), [_TABLE], cutoff=_CLOSE):
                yield f"{place}.{name}" if place else name


def _project(path: str, folder: str, table: dict[str, Any]) -> Project:
    def refuse(key: str, instead: str) -> SourceError:
        return SourceError(f"{path}: tool.{_TABLE}.{key} is {describe(table[key])}; write {instead}")

    for key, value in table.items():
        if key not in _KEYS:
            raise SourceError(f"{path}: tool.{_TABLE} has no option {shorten(key)}; there is {', '.join(_KEYS)}")
        if key in _LISTS and not _is_texts(value):
            raise refuse(key, "a list of texts")
        if key == "fail-on" and value not in _SEVERITIES:
            raise refuse(key, " or ".join(_SEVERITIES))
        if key == "seconds" and (
            isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf")
        ):
            raise refuse(key, "a positive number")
        if key == "format" and not isinstance(value, str):
            raise refuse(key, "the name of a format")
        if key == "budgets" and not isinstance(value, dict):
            raise refuse(key, "a table of limits")
        if key == "per-path-ignores" and not (isinstance(value, dict) and all(map(_is_texts, value.values()))):
            raise refuse(key, 'a table of lists, as "old/*" = ["W305"]')
    if table.get("select") == []:
        raise refuse("select", 'the rules to run, as ["E", "W"]; nothing would be checked')
    lists = [("select", table.get("select", ())), ("ignore", table.get("ignore", ()))]
    lists += [(f"per-path-ignores.{pattern}", codes) for pattern, codes in table.get("per-path-ignores", {}).items()]
    for key, codes in lists:
        for code in codes:
            if not is_known(code):
                raise SourceError(
                    f"{path}: tool.{_TABLE}.{shorten(key)} has {shorten(code)!r}, no code of a rule; write E234, or W"
                )
    return Project(
        folder=folder,
        paths=tuple(os.path.join(os.path.relpath(folder), path) for path in table.get("paths", ())),
        select=tuple(table["select"]) if "select" in table else None,
        ignore=tuple(table.get("ignore", ())),
        fail_on=table.get("fail-on"),
        seconds=table.get("seconds"),
        format=table.get("format"),
        budgets=table.get("budgets", {}),
        per_path_ignores={pattern: tuple(codes) for pattern, codes in table.get("per-path-ignores", {}).items()},
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
