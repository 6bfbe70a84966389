"""One form of a file's path, whichever way the file was named: CI tells yesterday's problems from new ones by it."""

import glob
import os
from fnmatch import fnmatch

from w2v_explore.config.text.nodes import OVERRIDE

LONGEST_PATH = 32_768
"""More bytes has no path that any system opens: what asks for more is not looked at any further."""


def tidy(path: str) -> str:
    """A path as people would write it, without ``./`` and doubled slashes.

    ``..`` stays: behind a link it does not lead back to where it seems to.
    """
    return path if os.pardir in path or "\0" in path else os.path.normpath(path)


def repository_root(folder: str) -> str | None:
    """The root of the git repository that an absolute path lies in; None outside of one."""
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


class Identities:
    """Tells whether two paths lead to one file; links of different names in a folder are files of their own."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, path: str) -> tuple[str, str]:
        """Equal for equal files."""
        folder, slash, name = path.rpartition(os.sep)
        folder += slash
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = folder if "\0" in folder else os.path.realpath(folder)
        return real, name


class PortablePaths:
    """Paths as reports for machines have them: from the root of the repository, with forward slashes everywhere.

    The repository is that of the working folder, or else the file's own; outside of both a path starts at the working
    folder, and what does not lie below either is absolute.
    """

    def __init__(self) -> None:
        self._working = os.path.realpath(os.curdir)
        self._root = repository_root(self._working)
        self._folders: dict[str, str] = {}

    def of(self, path: str) -> str:
        """The path; what is no path (``<stdin>``, ``preset base``) stays as it is."""
        if "\0" in path or (path.startswith(("<", OVERRIDE, "preset ")) and not os.path.lexists(path)):
            return path
        folder, name = os.path.split(path)
        start = self._folders.get(folder)
        if start is None:
            start = self._folders[folder] = self._start(folder)
        return f"{start}{name}"

    def _start(self, folder: str) -> str:
        real, stated = os.path.realpath(folder), os.path.abspath(folder)
        root = self._root if self._root is not None and is_below(real, self._root) else None
        root = root or repository_root(real)
        # A link in the repository to a folder outside is in the repository, as git sees it.
        for base, path in ((root, real), (self._root, stated), (self._working, real), (self._working, stated)):
            if base is not None and is_below(path, base):
                relative = os.path.relpath(path, base)
                return "" if relative == os.curdir else f"{relative.replace(os.sep, '/')}/"
        return f"{real.replace(os.sep, '/').rstrip('/')}/"


def is_below(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def matches(path: str, pattern: str, folder: str) -> bool:
    """Whether a pattern is of a path or of a folder above it.

    Args:
        path: As it was named, from the working folder; a link to the folder counts as the folder.
        pattern: Absolute, or from the folder. ``*`` stands for any text, slashes too, and ``**/`` also for none.
        folder: Absolute.
    """
    pattern = os.path.normpath(os.path.join(glob.escape(folder), pattern)).replace(os.sep, "/")
    patterns = {pattern, pattern.replace("**/", "")}
    stated = os.path.abspath(path)
    real = os.path.join(os.path.realpath(os.path.dirname(stated)), os.path.basename(stated))
    paths = {each.replace(os.sep, "/") for each in (stated, real)}
    return any(fnmatch(each, form) or fnmatch(each, f"{form}/*") for each in paths for form in patterns)
