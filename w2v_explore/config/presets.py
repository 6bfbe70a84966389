"""Where the presets lie: YAML files at the top of the source tree, inside the package once it is installed."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


@cache
def presets_folder() -> Path:
    """The folder of the presets: the wheel puts it into the package, a source tree has it beside the package."""
    installed = _PACKAGE / "presets"
    return installed if installed.is_dir() else _PACKAGE.parent / "presets"


@cache
def preset_names() -> tuple[str, ...]:
    """The names of all presets, sorted."""
    return tuple(sorted(path.stem for path in presets_folder().glob("*.yaml")))


def preset_path(name: str) -> Path:
    """The file of a preset."""
    return presets_folder() / f"{name}.yaml"
