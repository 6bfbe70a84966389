"""What git ignores in the folders of a search, without git: its patterns, their order, and what it tracks all the same.

The files are those that ``git ls-files --exclude-standard`` reads: the .gitignore of each folder, ``info/exclude`` of
the repository, and the one that ``core.excludesFile`` names. A pattern of a nearer file decides, and within a file the
last. What lies in a folder that is ignored is ignored, whatever its own .gitignore says; what is tracked is not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from w2v_explore.errors import SourceError
from w2v_explore.files.read import read_if_there
from w2v_explore.lint.git_config import MAX_CONFIG_BYTES, common_folder, config_home, expand_home, read_config
from w2v_explore.lint.git_index import MAX_INDEX_BYTES, decompress, is_listed
from w2v_explore.lint.paths import repository_root

if TYPE_CHECKING:
    from w2v_explore.lint.wildmatch import Wildmatch

_GLOB = frozenset(b"*?[\\")
_GITIGNORE = ".gitignore"
_MAX_PATTERNS_BYTES = 16 * 1024**2


class Ignored:
    """Tells which names git ignores in the folders of one search, one folder after the other.

    Args:
        complain: Called with the path of what is there and cannot be read, and a message.
    """

    def __init__(self, complain: Callable[[str, str], None]) -> None:
        self._complain = complain
        self._folders: dict[str, _Folder] = {}
        self._repositories: dict[str, _Repository] = {}
        self._here: _Folder | None = None

    def enter(self, parent: str, names: Collection[str]) -> None:
        """Ask about the names of a folder from here on.

        Args:
            parent: The folder; the one above it was entered before, unless the search starts here.
            names: All that lies in it.
        """
        key = parent.rstrip(os.sep) or os.sep
        above = self._folders.get(os.path.dirname(key))
        if above is None or ".git" in names:
            self._here = self._start(parent)
        else:
            self._here = above.inner(os.path.basename(parent), _GITIGNORE in names)
        self._folders[key] = self._here

    def holds(self, name: str, is_folder: bool) -> bool:
        """Whether git ignores a name of the folder that was entered last; a link is no folder to it."""
        here = self._here
        assert here is not None
        if not (here.is_ignored or here.patterns):
            return False
        encoded = os.fsencode(name)
        return here.ignores(encoded, is_folder) and not here.repository.tracks(here.relative + encoded, is_folder)

    def _start(self, folder: str) -> _Folder:
        """A folder by which a search begins, with all that holds in it from the root of its repository down."""
        real = os.path.realpath(folder)
        root = repository_root(real) or real
        if root not in self._repositories:
            self._repositories[root] = _Repository(root, self._complain)
        repository = self._repositories[root]
        here = _Folder(repository, root, b"", repository.patterns, is_ignored=False, has_patterns=True)
        relative = os.path.relpath(real, root)
        for name in relative.split(os.sep) if relative != os.curdir else ():
            here = here.inner(name, True)
        return here


class _Folder:
    """A folder of a repository.

    Args:
        repository: Which.
        path: Where the folder is.
        relative: From the root, with a slash at its end; empty for the root.
        patterns: The files whose patterns hold in it, the one that decides last at the end.
        is_ignored: Whether it lies in a folder that is ignored, or is one.
        has_patterns: Whether a .gitignore may lie in it.
    """

    def __init__(
        self,
        repository: _Repository,
        path: str,
        relative: bytes,
        patterns: tuple[_Patterns, ...],
        *,
        is_ignored: bool,
        has_patterns: bool,
    ) -> None:
        self.repository, self.relative, self.is_ignored = repository, relative, is_ignored
        self.patterns, self._path = patterns, path
        if has_patterns and not is_ignored:
            file = os.path.join(path, _GITIGNORE)
            own = repository.read_patterns(file, relative)
            # git follows no link to one.
            if own is not None and not os.path.islink(file):
                self.patterns = (*patterns, own)

    def ignores(self, name: bytes, is_folder: bool) -> bool:
        """Whether the patterns ignore a name in it."""
        if self.is_ignored:
            return True
        path = self.relative + name
        for patterns in reversed(self.patterns):
            verdict = patterns.verdict(path, name, is_folder)
            if verdict is not None:
                return verdict
        return False

    def inner(self, name: str, has_patterns: bool) -> _Folder:
        """A folder in it."""
        encoded = os.fsencode(name)
        is_ignored = self.ignores(encoded, True) if self.patterns else self.is_ignored
        return _Folder(
            self.repository,
            os.path.join(self._path, name),
            self.relative + encoded + b"/",
            self.patterns,
            is_ignored=is_ignored,
            has_patterns=has_patterns,
        )


class _Pattern:
    """A line of a file of patterns.

    Args:
        excludes: Whether what matches is ignored; not for a line that begins with an exclamation mark.
        of_folders: Whether it is of folders alone.
        text: All else, without a slash at the end.
        fold: Whether case does not matter.
    """

    def __init__(self, text: bytes, *, excludes: bool, of_folders: bool, fold: bool) -> None:
        self.excludes, self.of_folders = excludes, of_folders
        # Of a name in any folder, rather than a path from the folder of the file.
        self.of_names = b"/" not in text
        length = _literal_length(text)
        head = text[:length]
        # What follows the head of a path, the whole of a name; None where all stands for itself.
        self.glob = None if length == len(text) else text if self.of_names else text[length:]
        tail = b"" if self.glob is None else _literal_tail(self.glob)
        # What stands for itself at the beginning, and at the end as far as that is plain.
        self.head = (head.lower() if fold else head).removeprefix(b"/")
        self.tail = tail.lower() if fold else tail


class _Patterns:
    """The patterns of a file, and where they hold: below a folder of the repository."""

    def __init__(self, content: bytes, base: bytes, fold: bool) -> None:
        self._base, self._fold = base, fold
        self._compiled: dict[tuple[bytes, bool], Wildmatch] = {}
        # Of a plain name, as most are, the last line for each kind that it excludes; all others in order.
        self._names: dict[bytes, list[tuple[int, _Pattern]]] = {}
        self._others: list[tuple[int, _Pattern]] = []
        for number, pattern in enumerate(_parse(content, fold)):
            if pattern.of_names and pattern.glob is None:
                self._names.setdefault(pattern.head, []).append((number, pattern))
            else:
                self._others.append((number, pattern))

    def __bool__(self) -> bool:
        return bool(self._names or self._others)

    def verdict(self, path: bytes, name: bytes, is_folder: bool) -> bool | None:
        """What the last pattern that matches says of a path below the base; None where none does."""
        if self._fold:
            path, name = path.lower(), name.lower()
        path = path[len(self._base) :]
        least, verdict = -1, None
        for number, pattern in reversed(self._names.get(name, ())):
            if is_folder or not pattern.of_folders:
                least, verdict = number, pattern.excludes
                break
        for number, pattern in reversed(self._others):
            if number < least:
                break
            if (is_folder or not pattern.of_folders) and self._matches(pattern, name if pattern.of_names else path):
                return pattern.excludes
        return verdict

    def _matches(self, pattern: _Pattern, text: bytes) -> bool:
        if pattern.glob is None:
            return text == pattern.head
        if not (text.startswith(pattern.head) and text.endswith(pattern.tail)):
            return False
        rest = text if pattern.of_names else text[len(pattern.head) :]
        key = (pattern.glob, pattern.of_names)
        compiled = self._compiled.get(key)
        if compiled is None:
            # Imported only where a pattern with a wildcard comes near to a name.
            from w2v_explore.lint.wildmatch import Wildmatch

            compiled = self._compiled[key] = Wildmatch(pattern.glob, not pattern.of_names, self._fold)
        return compiled.matches(rest)


def _parse(content: bytes, fold: bool) -> list[_Pattern]:
    found = []
    for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line or line.startswith(b"#"):
            continue
        # To git a line ends at a byte of 0 as well.
        line = line.removesuffix(b"\r").partition(b"\0")[0]
        if line.endswith(b" "):
            line = _without_trailing_spaces(line)
        excludes = not line.startswith(b"!")
        text = line if excludes else line[1:]
        of_folders = text.endswith(b"/")
        text = text.removesuffix(b"/")
        if not text:
            continue
        found.append(_Pattern(text, excludes=excludes, of_folders=of_folders, fold=fold))
    return found


def _without_trailing_spaces(line: bytes) -> bytes:
    """A line without the spaces at its end, of which a backslash keeps the first."""
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    return line[: len(kept) + 1] if backslashes % 2 else kept


def _literal_length(pattern: bytes) -> int:
    """How many bytes stand for themselves before the first that does not."""
    return next((number for number, byte in enumerate(pattern) if byte in _GLOB), len(pattern))


def _literal_tail(glob: bytes) -> bytes:
    """What any match ends in: all behind the last byte that may not stand for itself, or be a part of a class."""
    at = max(glob.rfind(byte) for byte in (b"*", b"?", b"[", b"]"))
    tail = glob[max(at, glob.rfind(b"\\") + 1) + 1 :]
    # With two stars before it, a slash may stand for nothing.
    return tail.removeprefix(b"/")


class _Repository:
    """What git knows of a working tree, beside the .gitignore files in it.

    Attributes:
        ignores_case: Whether patterns match in either case.
        patterns: The files of patterns that hold in all of it, the one that decides last at the end.
    """

    def __init__(self, root: str, complain: Callable[[str, str], None]) -> None:
        self._root, self._complain = root, complain
        self._folder = self._find_git_folder()
        config = read_config(self._folder)
        self.ignores_case = config.get("core.ignorecase", "").lower() in ("true", "yes", "on", "1")
        self._hash_bytes = 32 if config.get("extensions.objectformat", "").lower() == "sha256" else 20
        self._index: bytes | None = None
        files = []
        if self._folder is not None:
            excludes = config.get("core.excludesfile", os.path.join(config_home(), "ignore"))
            files = [
                os.path.join(root, expand_home(excludes)) if excludes else "",
                os.path.join(common_folder(self._folder), "info", "exclude"),
            ]
        found = [self.read_patterns(path, b"") for path in files if path]
        self.patterns = tuple(patterns for patterns in found if patterns is not None)

    def tracks(self, path: bytes, is_folder: bool) -> bool:
        """Whether a file is in the index, or any file of a folder."""
        if self._index is None:
            self._index = b"" if self._folder is None else self._read_index(self._folder)
        # A folder may be a repository of its own, which is tracked by its name.
        return is_listed(self._index, path + b"\0") or (is_folder and is_listed(self._index, path + b"/"))

    def read_patterns(self, path: str, base: bytes) -> _Patterns | None:
        """The patterns of a file that hold below a folder; None where there is none that can be read, or no pattern."""
        content = self._read(path, _MAX_PATTERNS_BYTES, path, "what it ignores is not known")
        return None if content is None else _Patterns(content, base, self.ignores_case) or None

    def _read(self, path: str, most_bytes: int, whose: str, what: str) -> bytes | None:
        """A file that need not be there; None where it is not, or cannot be read, which is said."""
        try:
            return read_if_there(path, most_bytes)
        except SourceError as error:
            # What would have been left out is linted: better too much than an answer about less than there is.
            self._complain(whose, f"{error}; {what}")
            return None

    def _find_git_folder(self) -> str | None:
        """Where git keeps what it knows: in a submodule or another working tree, a file says where."""
        path = os.path.join(self._root, ".git")
        if os.path.isdir(path):
            return path
        content = self._read(path, MAX_CONFIG_BYTES, self._root, "what git tracks there is not known")
        if content is None or b"\0" in content:
            return None
        return os.path.join(self._root, os.fsdecode(content).removeprefix("gitdir:").strip())

    def _read_index(self, folder: str) -> bytes:
        """The names that git tracks, each behind its length, as they stand in the index.

        An index may be split: the larger part of it lies beside it.
        """
        found = []
        try:
            shared = [name for name in os.listdir(folder) if name.startswith("sharedindex.")]
        except OSError:
            shared = []
        for name in ("index", *shared):
            path, what = os.path.join(folder, name), f"what git tracks in {self._root} is not known"
            content = self._read(path, MAX_INDEX_BYTES, self._root, what) or b""
            version = int.from_bytes(content[4:8], "big") if content[:4] == b"DIRC" else 0
            if version in (2, 3):
                found.append(content)
            elif version == 4:
                found.append(decompress(content, self._hash_bytes))
        return b"".join(found)
