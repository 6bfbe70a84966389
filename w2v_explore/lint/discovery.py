"""From the paths of a command line to files: folders are searched, globs expanded, what git ignores passed over."""

import glob
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from w2v_explore.config.source import FOLDER_CONFIG
from w2v_explore.errors import SourceError

_SUFFIXES = (".yaml", ".yml")
_NAMES = (FOLDER_CONFIG,)
STDIN = "-"


class Found(NamedTuple):
    """A file to check; one that a search came across is passed over where it is no model config."""

    path: str
    searched: bool


def find_files(paths: Sequence[str], complain: Any) -> Iterator[Found]:
    """The files that paths stand for, each once: files, folders, globs, and ``-``.

    Args:
        paths: As they were given.
        complain: Called with a message for each folder that cannot be searched; the search goes on.

    Raises:
        SourceError: A path or pattern stands for nothing.
    """
    seen: set[str] = set()
    for path in paths:
        for found in _expand(path, complain):
            name = os.path.normpath(found.path)
            if name not in seen:
                seen.add(name)
                yield found


def _expand(path: str, complain: Any) -> Iterator[Found]:
    if path == STDIN or "\0" in path:
        yield Found(path, searched=False)
    elif os.path.isdir(path):
        yield from _search(path, complain)
    elif os.path.lexists(path):
        yield Found(path, searched=False)
    else:
        matches = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
        if not matches:
            raise SourceError(f"no file is named {path}, and no pattern of that name matches one")
        for match in matches:
            if os.path.isdir(match):
                yield from _search(match, complain)
            else:
                yield Found(match, searched=False)


def _search(folder: str, complain: Any) -> Iterator[Found]:
    ignored = _IgnoredByGit(folder)

    def refuse(error: OSError) -> None:
        complain(f"cannot search {error.filename}: {error.strerror}")

    for parent, folders, files in os.walk(folder, onerror=refuse):
        ignored.enter(parent)
        folders[:] = sorted(name for name in folders if name != ".git" and not ignored.holds(parent, f"{name}/"))
        for name in sorted(files):
            if (name.endswith(_SUFFIXES) or name in _NAMES) and not ignored.holds(parent, name):
                yield Found(os.path.join(parent, name), searched=True)


class _IgnoredByGit:
    """The .gitignore files from the root of the repository down to the folder that is being searched."""

    def __init__(self, folder: str) -> None:
        self._specs: list[tuple[str, Any]] = []
        for parent in self._parents(os.path.abspath(folder)):
            self.enter(parent)

    def enter(self, folder: str) -> None:
        """Read a folder's .gitignore; those of folders that are left behind no longer match anything."""
        path = os.path.join(folder, ".gitignore")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            return
        # Imported only where there is such a file.
        from pathspec import GitIgnoreSpec

        self._specs.append((os.path.abspath(folder), GitIgnoreSpec.from_lines(lines)))

    def holds(self, parent: str, name: str) -> bool:
        """Whether git ignores a name in a folder; a folder's name ends in a slash."""
        verdict = False
        for base, spec in self._specs:
            relative = os.path.relpath(os.path.abspath(parent), base)
            if relative.startswith(os.pardir):
                continue
            path = name if relative == os.curdir else f"{relative.replace(os.sep, '/')}/{name}"
            # The nearest file that says anything decides.
            decision = spec.check_file(path).include
            verdict = verdict if decision is None else decision
        return verdict

    @staticmethod
    def _parents(folder: str) -> list[str]:
        """The folders above, from the root of the repository; none outside of one."""
        parents: list[str] = []
        while not os.path.exists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return []
            folder = parent
            parents.insert(0, folder)
        return parents
