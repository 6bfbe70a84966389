"""The folder of wheels for a machine without network: ``python -m benchmarks.gpu.wheels`` fills it.

It holds what the program needs beside torch, for CPython on Linux x86_64. `unpack_missing` unpacks what the machine
lacks; that wants no pip, since wheels are archives of what has to be on the path.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "gpu-wheels"

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")

# Those of pyproject.toml that a step needs, torch apart, and pytest, for whoever runs the tests there.
_REQUIREMENTS = (
    "typer>=0.26,<0.29",
    "rich>=13.7",
    "pyyaml>=6.0",
    "pathspec>=0.12.1",
    "platformdirs>=4.2",
    "psutil>=5.9",
    "safetensors>=0.4.3",
    "fvcore>=0.1.5.post20221221",
    "numpy>=1.26",
    "plotext>=6.1",
    "matplotlib>=3.8",
    "pytest>=8",
    # pip takes the running Python for every other one when it reads which packages an older Python needs.
    "tomli>=2.0",
    "exceptiongroup>=1.0",
    "typing-extensions>=4.6",
)
# On PyPI as source alone.
_SOURCE_ONLY = ("fvcore>=0.1.5.post20221221", "iopath>=0.1.7")


class Wheel(NamedTuple):
    """A wheel by its name: ``psutil-7.2.2-cp36-abi3-manylinux_2_28_x86_64.whl``."""

    path: Path
    distribution: str
    pythons: str
    abis: str
    platforms: str

    @classmethod
    def of(cls, path: Path) -> Wheel:
        """A wheel from its path."""
        name, *_, pythons, abis, platforms = path.stem.split("-")
        return cls(path, name, pythons, abis, platforms)

    def fits(self, version: tuple[int, int], platform: str) -> bool:
        """Whether a CPython of a version takes it; ``platform`` as sysconfig says it, ``linux-x86_64``."""
        if self.platforms != "any" and not (platform == "linux-x86_64" and re.search("linux.*x86_64", self.platforms)):
            return False
        pythons = self.pythons.split(".")
        if "py3" in pythons or f"cp{version[0]}{version[1]}" in pythons:
            return True
        minors = [int(match[1]) for python in pythons if (match := re.fullmatch(r"cp3(\d+)", python))]
        return "abi3" in self.abis.split(".") and version[0] == 3 and any(minor <= version[1] for minor in minors)


def unpack_missing(target: Path, folder: Path = FOLDER) -> list[str]:
    """Unpack those wheels of a folder whose package is not installed; returns the packages' names."""
    unpacked: list[str] = []
    for path in sorted(folder.glob("*.whl")):
        wheel = Wheel.of(path)
        if wheel.distribution in unpacked or _is_installed(wheel.distribution):
            continue
        if wheel.fits((sys.version_info.major, sys.version_info.minor), sysconfig.get_platform()):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(target)
            unpacked.append(wheel.distribution)
    return unpacked


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def fetch(folder: Path, pythons: Sequence[str]) -> None:
    """Download wheels for each version of Python, and build those of packages that come as source alone."""
    folder.mkdir(exist_ok=True)
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, *_SOURCE_ONLY], check=True)
    platforms = [argument for platform in _PLATFORMS for argument in ("--platform", platform)]
    for python in pythons:
        print(f"fetching wheels for Python {python}", file=sys.stderr)
        options: list[str | Path] = [
            "--only-binary",
            ":all:",
            "--python-version",
            python,
            *platforms,
            "--find-links",
            folder,
        ]
        subprocess.run([*pip, "download", *options, "--dest", folder, *_REQUIREMENTS], check=True)


def make_parser() -> argparse.ArgumentParser:
    """The option."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.wheels", description=f"Fill {FOLDER} with wheels.")
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help="for this version; several times for several; all by default"
    )
    return parser


def main() -> None:
    """Fill the folder."""
    fetch(FOLDER, make_parser().parse_args().python or PYTHONS)
    wheels = list(FOLDER.glob("*.whl"))
    print(f"{len(wheels)} wheels, {sum(wheel.stat().st_size for wheel in wheels) / 1e6:.0f} MB, in {FOLDER}")


if __name__ == "__main__":
    main()
