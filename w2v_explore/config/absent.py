"""What to say of a name at which no file lies: what was most likely meant, and what to write instead.

Imported only where a file was asked for that is not there.
"""

import glob
import os
import re
from collections.abc import Iterator, Mapping

from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import Field
from w2v_explore.config.presets import preset_names
from w2v_explore.config.suggest import did_you_mean, is_misspelt
from w2v_explore.diagnostics import shorten

_ADDRESS = re.compile(r"[A-Za-z][\w+.-]+://")
_REPOSITORY = re.compile(
    r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)(?:models/)?([\w.-]+/[\w.-]+)(?=[/?#@]|$)"
)
_OVERRIDE = re.compile(r"(\w+)(?:\[\d+\])*\s*=")
_UNIT = re.compile(r"[kMGT]i?B?", re.IGNORECASE)
_MAX_NAMES = 2000
# A longer one lies nowhere.
_MAX_SHOWN = 400


def no_file(path: str) -> str:
    """What to say where a file alone would do."""
    if path in preset_names():
        instead = (
            f"and the preset of that name is no file to work on; `w2v-explore presets show {path} > {path}.yaml` "
            "makes one of it"
        )
        return f"no file is named {path}, {instead}"
    found = _instead(path)
    return f"no file is named {_shown(path)}{f'; {found}' if found else ''}"


def no_path(path: str) -> str:
    """What to say where a file, a folder or a pattern would do."""
    if path in preset_names():
        return no_file(path)
    found = None if glob.has_magic(path) else _instead(path)
    return f"no file is named {_shown(path)}{f'; {found}' if found else ', and no pattern of that name matches one'}"


def no_file_or_preset(reference: str, folder: str = "") -> str:
    """What to say where a file or a preset would do; a relative path starts from a folder."""
    from w2v_explore.config.model_names import instead_of_preset

    otherwise = _instead(reference, folder) or "`w2v-explore presets` lists the presets"
    repository = _REPOSITORY.match(reference)
    instead = instead_of_preset(repository[1] if repository else _last_name(reference), otherwise)
    return f"no file or preset is named {_shown(reference)}; {instead}"


def no_checkpoint(path: str) -> str:
    """What to say where weights were asked for."""
    found = _instead(path)
    if path in preset_names():
        found = "the preset of that name has no weights; name a file of weights"
    elif found is None and re.fullmatch(r"[\w.-]+/[\w.-]+", path) and not os.path.isdir(os.path.dirname(path)):
        found = f"there is no folder {os.path.dirname(path)}, and nothing is downloaded"
    return (
        f"cannot read {path if path.strip() else repr(path)}: No such file or directory{f'; {found}' if found else ''}"
    )


def _last_name(reference: str) -> str:
    """A preset's name, where somebody wrote the path to it or put it into quotes; otherwise the reference."""
    if _ADDRESS.match(reference):
        return reference
    name = re.split(r"[/\\]", reference.strip().strip("'\""))[-1]
    return name if name.removesuffix(".yaml").lower() in preset_names() else reference


def _instead(path: str, folder: str = "") -> str | None:
    """What is wrong with a path, or which path was meant; None where nothing tells."""
    if not path.strip():
        return "the name is empty, perhaps a variable that is not set"
    if _ADDRESS.match(path):
        return "nothing is downloaded here: download the file, and name where it lies"
    override = _OVERRIDE.match(path)
    if override and any(override[1] in names for names in ({"sample_rate"}, *_fields_of_all_families())):
        return f"write --set before an override: --set {path}"
    if path == "=":
        return "write an override without blanks: --set encoder_num_layers=6"
    if _UNIT.fullmatch(path):
        return f"write a size without a blank, or in quotes: 24{path}"
    if path.startswith("~"):
        return "only the shell knows what ~ is, and not within quotes: write the path in full"
    if glob.has_magic(path):
        return "no pattern of that name matches one"
    plain = path.strip("'\"“”‘’ ")
    if plain != path and os.path.lexists(os.path.join(folder, plain)):
        return f"leave the quotes out: {plain}"
    slashes = path.replace("\\", "/")
    if slashes != path and os.path.lexists(os.path.join(folder, slashes)):
        return f"did you mean {slashes}?"
    return _near(path, folder)


def _fields_of_all_families() -> Iterator[Mapping[str, Field]]:
    return (family_named(name).config.FIELDS for name in FAMILIES)


def _shown(path: str) -> str:
    """A name as a message has it; what would not be seen is quoted."""
    return shorten(path, _MAX_SHOWN) if path.strip() else repr(path)


def _near(path: str, folder: str) -> str | None:
    """The files of nearly that name in the folder where it should lie."""
    parent, name = os.path.split(path)
    try:
        with os.scandir(os.path.join(folder, parent) or os.curdir) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MAX_NAMES), strict=False)]
    except (OSError, ValueError):
        # Halves of surrogate pairs are in no name; those that stand for bytes are.
        is_file = os.path.splitext(name)[1] != ""
        return f"there is no folder {parent}" if is_file and not os.path.lexists(os.path.join(folder, parent)) else None
    guesses = sorted(os.path.join(parent, other) for other in names if is_misspelt(name, [other]))
    return did_you_mean(guesses, "") or None
