"""The folder of wheels for a machine without network: ``python -m benchmarks.gpu.wheels`` fills it.

It holds a folder for each version of CPython on Linux x86_64, with what the program needs beside torch.
`unpack_missing` unpacks what the machine lacks; that wants no pip, since wheels are archives of what has to be on the
path.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "gpu-wheels"

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
_PLATFORM = "linux-x86_64"
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")

# Those of pyproject.toml that a step needs, torch apart, and pytest, for whoever runs the tests there.
_REQUIREMENTS = (
    "typer>=0.26,<0.29",
    "rich>=13.7",
    "pyyaml>=6.0",
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


def unpack_missing(target: Path, folder: Path = FOLDER) -> list[str]:
    """Unpack those wheels for this Python whose package is not installed; returns the packages' names."""
    unpacked: list[str] = []
    if sysconfig.get_platform() != _PLATFORM:
        return unpacked
    for path in sorted((folder / f"{sys.version_info.major}.{sys.version_info.minor}").glob("*.whl")):
        name = path.name.partition("-")[0]
        if not _is_installed(name):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(target)
            unpacked.append(name)
    return unpacked


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def fetch(folder: Path, python: str) -> None:
    """Download wheels for a version of Python, and build those of packages that come as source alone."""
    folder.mkdir(parents=True, exist_ok=True)
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, *_SOURCE_ONLY], check=True)
    platforms = [argument for platform in _PLATFORMS for argument in ("--platform", platform)]
    options: list[str | Path] = ["--only-binary", ":all:", "--python-version", python, *platforms]
    command = [*pip, "download", *options, "--find-links", folder, "--dest", folder, *_REQUIREMENTS]
    subprocess.run(command, check=True)


def make_parser() -> argparse.ArgumentParser:
    """The option."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.wheels", description=f"Fill {FOLDER} with wheels.")
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help="for this version; several times for several; all by default"
    )
    return parser


def main() -> None:
    """Fill the folders."""
    for python in make_parser().parse_args().python or PYTHONS:
        fetch(FOLDER / python, python)
        wheels = list((FOLDER / python).glob("*.whl"))
        size = sum(wheel.stat().st_size for wheel in wheels)
        print(f"{len(wheels)} wheels, {size / 1e6:.0f} MB, in {FOLDER / python}")


if __name__ == "__main__":
    main()
