"""The settings of git that are heeded here, without git."""

import os
import re

from w2v_explore.errors import SourceError
from w2v_explore.files.read import read_whole

MAX_CONFIG_BYTES = 1024**2
_MAX_INCLUDES = 10
_QUOTED_OR_ESCAPED = re.compile(r'\\(?P<escaped>.)|(?P<quote>")|(?P<comment>[#;])')
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def common_folder(folder: str) -> str:
    """What all working trees of a repository share."""
    try:
        content = read_whole(os.path.join(folder, "commondir"), MAX_CONFIG_BYTES)
    except SourceError:
        return folder
    return folder if b"\0" in content else os.path.join(folder, os.fsdecode(content).strip())


def config_home() -> str:
    """Where a user's settings of git, and patterns, lie unless they are elsewhere."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "git")


def expand_home(path: str) -> str:
    """A path of git's configuration, in which ``~`` is a home; one that cannot be a path stays as it is."""
    return path if "\0" in path else os.path.expanduser(path)


def read_config(folder: str | None) -> dict[str, str]:
    """The settings of git that are heeded here, by section and name; what ``includeIf`` names is not read."""
    if folder is None:
        return {}
    files = [] if os.environ.get("GIT_CONFIG_NOSYSTEM") else ["/etc/gitconfig"]
    everybodys = os.environ.get("GIT_CONFIG_GLOBAL")
    if everybodys is None:
        files += [os.path.join(config_home(), "config"), os.path.join(os.path.expanduser("~"), ".gitconfig")]
    else:
        files.append(everybodys)
    files.append(os.path.join(common_folder(folder), "config"))
    settings: dict[str, str] = {}
    included = [_MAX_INCLUDES]
    for path in files:
        _read_settings(path, settings, included)
    return settings


def _read_settings(path: str, settings: dict[str, str], included: list[int]) -> None:
    """Add what a file says, and what the files that it includes say at their places.

    Args:
        path: The file, which need not be there.
        settings: What was said before.
        included: How many more files may be included; a file may include itself.
    """
    try:
        content = os.fsdecode(read_whole(path, MAX_CONFIG_BYTES))
    except SourceError:
        return
    section = ""
    # A backslash at the end of a line goes on with the next.
    for line in re.sub(r"\\\r?\n", "", content).split("\n"):
        line = line.strip()
        if line.startswith("["):
            section, _, line = line[1:].partition("]")
            section, line = section.strip().lower(), line.strip()
        name, _, value = line.partition("=")
        name = name.strip().lower()
        if section in ("core", "extensions") and not name.startswith(("#", ";")):
            settings[f"{section}.{name}"] = _config_value(value) if "=" in line else "true"
        elif section == "include" and name == "path" and included[0]:
            included[0] -= 1
            inner = expand_home(_config_value(value))
            _read_settings(os.path.join(os.path.dirname(path), inner), settings, included)


def _config_value(text: str) -> str:
    """What a setting says, without its quotes, which may stand anywhere in it, and the comment behind it."""
    text = text.strip()
    parts, at, is_quoted = [], 0, False
    for found in _QUOTED_OR_ESCAPED.finditer(text):
        if found["comment"] and is_quoted:
            continue
        parts.append(text[at : found.start()])
        at = found.end()
        if found["comment"]:
            return "".join(parts).rstrip()
        if found["quote"]:
            is_quoted = not is_quoted
        else:
            parts.append(_ESCAPES.get(found["escaped"], found["escaped"]))
    return "".join([*parts, text[at:]])
