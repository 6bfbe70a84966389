"""From the paths of a command line to files: folders are searched, globs expanded, what git ignores passed over."""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from w2v_explore.config.source import FOLDER_CONFIG
from w2v_explore.errors import SourceError
from w2v_explore.files.read import read_if_there
from w2v_explore.lint.paths import is_below, repository_root, tidy

_SUFFIXES = (".yaml", ".yml")
_NAMES = (FOLDER_CONFIG,)
STDIN = "-"

# Patterns take time by the line; the largest collections of them have some 10 KB.
_MAX_IGNORE_BYTES = 128 * 1024
# That of a repository of a million files.
_MAX_INDEX_BYTES = 128 * 1024 * 1024
_MAX_POINTER_BYTES = 8 * 1024

_Complain = Callable[[str, str], None]
_PassBy = Callable[[str, str], None]


class Found(NamedTuple):
    """A file to check; one that a search came across is passed over where it is no model config.

    Attributes:
        path: Where it is, without ``./`` and doubled slashes.
        searched: Whether a search came across it, rather than a name or a pattern naming it.
        source: The folder or pattern that led to it; empty where it was named itself.
    """

    path: str
    searched: bool
    source: str = ""


def find_files(
    paths: Sequence[str], complain: _Complain, pass_by: _PassBy = lambda path, reason: None
) -> Iterator[Found]:
    """The files that paths stand for: files, folders, globs, and ``-``.

    A file comes once for each path that leads to it.

    Args:
        paths: As they were given.
        complain: Called with each path that stands for nothing and each folder that cannot be searched, and a message;
            the search goes on.
        pass_by: Called with each file and folder that is not looked at, as git ignores it, and the reason; a folder
            ends in a slash.
    """
    for path in paths:
        yield from _expand(path, complain, pass_by)


def nothing_there(path: str) -> str | None:
    """What to say of a path that stands for nothing; None where it stands for something."""
    if path == STDIN or "\0" in path or os.path.lexists(path) or (is_pattern(path) and _matches(path)):
        return None
    # Imported only where there is nothing of that name.
    from w2v_explore.config.absent import no_path

    return no_path(path)


def _matches(pattern: str) -> list[str]:
    """What a pattern matches, sorted: as of `glob.glob`, which follows links that lead back again and again."""
    if "**" not in pattern:
        return sorted(glob.glob(pattern))
    drive, path = os.path.splitdrive(pattern.replace(os.altsep or os.sep, os.sep))
    inner = path.lstrip(os.sep)
    found = [drive + path[: len(path) - len(inner)]]
    parts: list[str] = []
    for part in [*filter(None, inner.split(os.sep)), *[""] * inner.endswith(os.sep)]:
        # Several in a row are as good as one.
        if part != "**" or parts[-1:] != ["**"]:
            parts.append(part)
    for number, part in enumerate(parts, start=1):
        is_last = number == len(parts)
        if part == "**":
            found = [path for start in found for path in _below(start, folders_alone=not is_last)]
        else:
            tail = part if is_last else f"{part}{os.sep}"
            found = [path for start in found for path in glob.glob(os.path.join(glob.escape(start), tail))]
        found = list(dict.fromkeys(found))
    return sorted(filter(None, found))


def _below(start: str, folders_alone: bool) -> Iterator[str]:
    """A folder, what lies in it at any depth and is not hidden, and what links lead to, each folder once."""
    reached = [os.path.realpath(start)]
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        yield folder
        try:
            with os.scandir(folder or os.curdir) as listed:
                entries = [entry for entry in listed if not entry.name.startswith(".")]
        except OSError:
            continue
        for entry in entries:
            path = os.path.join(folder, entry.name)
            if not os.path.isdir(path):
                if not folders_alone:
                    yield path
                continue
            if entry.is_symlink():
                target = os.path.realpath(path)
                if is_below(reached[0], target) or any(is_below(target, other) for other in reached):
                    continue
                reached.append(target)
            waiting.append(path)


def is_pattern(path: str) -> bool:
    """Whether a path is looked for as a glob: nothing has it as its name."""
    return glob.has_magic(path) and not os.path.lexists(path)


def without_idle_patterns(paths: Sequence[str]) -> list[str]:
    """The paths without the patterns that match nothing."""
    return [path for path in paths if not is_pattern(path) or _matches(path)]


def _expand(path: str, complain: _Complain, pass_by: _PassBy) -> Iterator[Found]:
    if path == STDIN or "\0" in path:
        yield Found(path, searched=False)
    elif os.path.isdir(path):
        yield from _search(path, path, complain, pass_by)
    elif os.path.lexists(path):
        yield Found(tidy(path), searched=False)
    else:
        message = nothing_there(path)
        if message is not None:
            complain(path, message)
        for match in _matches(path) if message is None else []:
            if os.path.isdir(match):
                yield from _search(match, path, complain, pass_by)
            else:
                yield Found(tidy(match), searched=False, source=path)


def _search(folder: str, source: str, complain: _Complain, pass_by: _PassBy) -> Iterator[Found]:
    ignored = _IgnoredByGit(folder, complain)

    def refuse(error: OSError) -> None:
        complain(str(error.filename), f"cannot search {error.filename}: {error.strerror}")

    # Links to folders are followed, each folder once.
    waiting, reached = [folder], [os.path.realpath(folder)]
    while waiting:
        for parent, folders, files in os.walk(waiting.pop(0), onerror=refuse):
            ignored.enter(parent)
            shown = "" if parent == os.curdir else tidy(parent)
            inner = []
            for name in sorted(name for name in folders if name != ".git"):
                path = os.path.join(shown, name)
                if ignored.holds(parent, f"{name}/"):
                    pass_by(f"{path}/", "git ignores it")
                elif not os.path.islink(path):
                    inner.append(name)
                elif is_below(reached[0], target := os.path.realpath(path)):
                    pass_by(f"{path}/", "a link that leads back to where it is")
                elif not any(is_below(target, other) for other in reached):
                    reached.append(target)
                    waiting.append(path)
            folders[:] = inner
            for name in sorted(files):
                lower = name.lower()
                if lower.endswith(_SUFFIXES) or lower in _NAMES:
                    path = os.path.join(shown, name)
                    if ignored.holds(parent, name):
                        pass_by(path, "git ignores it")
                    else:
                        yield Found(path, searched=True, source=source)
                elif lower.endswith(".json"):
                    pass_by(os.path.join(shown, name), "a JSON of another name than config.json")


class _IgnoredByGit:
    """The .gitignore files from the root of the repository down to the folder that is being searched.

    What git tracks it does not ignore, whatever such a file says.
    """

    def __init__(self, folder: str, complain: _Complain) -> None:
        self._complain = complain
        self._specs: list[tuple[str, Any]] = []
        self._tracked: dict[str | None, _Tracked] = {}
        for parent in self._parents(os.path.abspath(folder)):
            self.enter(parent)

    def enter(self, folder: str) -> None:
        """Read a folder's .gitignore; those of folders that are left behind no longer match anything."""
        folder = os.path.abspath(folder)
        path = os.path.join(folder, ".gitignore")
        try:
            content = read_if_there(path, _MAX_IGNORE_BYTES)
        except SourceError as error:
            # Files that it names are linted: better too many than an answer about fewer than there are.
            self._complain(path, f"{error}; what it ignores is not known")
            return
        if content is None:
            return
        lines = content.decode(errors="replace").splitlines()
        # Imported only where there is such a file.
        from pathspec import GitIgnoreSpec

        self._specs.append((folder, GitIgnoreSpec.from_lines(lines)))

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
        return verdict and not self._is_tracked(os.path.abspath(parent), name)

    def _is_tracked(self, folder: str, name: str) -> bool:
        root = repository_root(folder)
        if root is None:
            return False
        if root not in self._tracked:
            self._tracked[root] = _Tracked(root, self._complain)
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        return self._tracked[root].holds(name if relative == os.curdir else f"{relative}/{name}")

    @staticmethod
    def _parents(folder: str) -> list[str]:
        """The folders above, from the root of the repository; none outside of one."""
        root = repository_root(folder)
        parents: list[str] = []
        while root is not None and folder != root:
            folder = os.path.dirname(folder)
            parents.insert(0, folder)
        return parents


class _Tracked:
    """The names in a repository's index; none where it cannot be read, as of version 4, which compresses names."""

    def __init__(self, root: str, complain: _Complain) -> None:
        self._index = b""
        try:
            index = _read_index(root)
        except SourceError as error:
            complain(root, f"{error}; what git tracks in {root} is not known")
            return
        if index[:4] == b"DIRC" and int.from_bytes(index[4:8], "big") in (2, 3):
            self._index = index

    def holds(self, path: str) -> bool:
        """Whether a file is in the index, or any file of a folder, whose name ends in a slash."""
        sought = os.fsencode(path) if path.endswith("/") else os.fsencode(path) + b"\0"
        at = self._index.find(sought)
        while at != -1:
            # A name is preceded by its length, with another two bytes between in entries that are extended.
            length = self._index.find(b"\0", at) - at
            lengths = (int.from_bytes(self._index[at - gap : at - gap + 2], "big") & 0xFFF for gap in (2, 4))
            if min(length, 0xFFF) in lengths:
                return True
            at = self._index.find(sought, at + 1)
        return False


def _read_index(root: str) -> bytes:
    """What git tracks in a working tree; nothing where it has not tracked anything yet.

    Raises:
        SourceError: It is there and cannot be read.
    """
    folder = os.path.join(root, ".git")
    if not os.path.isdir(folder):
        # In a submodule or another working tree, a file says where git keeps what it knows.
        pointer = (read_if_there(folder, _MAX_POINTER_BYTES) or b"").removeprefix(b"gitdir:").strip()
        folder = os.path.join(root, os.fsdecode(pointer))
    return read_if_there(os.path.join(folder, "index"), _MAX_INDEX_BYTES) or b""
