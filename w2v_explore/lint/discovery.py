"""From the paths of a command line to files: folders are searched, globs expanded, what git ignores passed over."""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from w2v_explore.config.text.source import FOLDER_CONFIG
from w2v_explore.files import TEMPORARY
from w2v_explore.lint.paths import is_below, tidy

_SUFFIXES = (".yaml", ".yml")
STDIN = "-"

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


def is_config_name(name: str) -> bool:
    """Whether a search looks into files of a name."""
    name = name.lower()
    return name.endswith(_SUFFIXES) or name == FOLDER_CONFIG


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
    # Most runs of one file search no folder.
    from w2v_explore.lint.gitignore import Ignored

    def refuse(error: OSError) -> None:
        complain(str(error.filename), f"cannot search {error.filename}: {error.strerror}")

    # Links to folders are followed, each folder once.
    waiting, reached = [folder], [os.path.realpath(folder)]
    while waiting:
        ignored = Ignored(complain)
        for parent, folders, files in os.walk(waiting.pop(0), onerror=refuse):
            ignored.enter(parent, {*folders, *files})
            shown = "" if parent == os.curdir else tidy(parent)
            inner = []
            for name in sorted(name for name in folders if name != ".git" and not name.startswith(TEMPORARY)):
                path = os.path.join(shown, name)
                is_link = os.path.islink(path)
                if ignored.holds(name, is_folder=not is_link):
                    pass_by(f"{path}/", "git ignores it")
                elif not is_link:
                    inner.append(name)
                elif is_below(reached[0], target := os.path.realpath(path)):
                    pass_by(f"{path}/", "a link that leads back to where it is")
                elif not any(is_below(target, other) for other in reached):
                    reached.append(target)
                    waiting.append(path)
            folders[:] = inner
            for name in sorted(files):
                if is_config_name(name):
                    path = os.path.join(shown, name)
                    if ignored.holds(name, is_folder=False):
                        pass_by(path, "git ignores it")
                    else:
                        yield Found(path, searched=True, source=source)
                elif name.lower().endswith(".json"):
                    pass_by(os.path.join(shown, name), "a JSON of another name than config.json")
