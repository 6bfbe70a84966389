"""The environment in which the peers run, and one run of a program with what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.catalogue import PEER_REQUIREMENTS, REQUIREMENTS, REQUIREMENTS_ALONE

_ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900
_REASON_LENGTH = 100
# DeepSpeed would otherwise build kernels and look for a GPU.
_VARIABLES = {"DS_BUILD_OPS": "0", "DS_ACCELERATOR": "cpu"}
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | _VARIABLES


class Run(NamedTuple):
    """One process: the CPU time of all its threads, what else it took, what it printed, and why it failed if it did."""

    cpu_seconds: float
    peak_bytes: int
    printed: str
    failure: str | None


def install(folder: Path) -> str:
    """Make the environment, or bring an existing one to the pinned versions.

    Returns:
        Its Python.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        _quiet([sys.executable, "-m", "venv", str(folder)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["-c", str(_ROOT / "constraints.txt")]
    _quiet([*pip, *REQUIREMENTS])
    _quiet([*pip, "--no-deps", *REQUIREMENTS_ALONE])
    _quiet([*pip, *PEER_REQUIREMENTS])
    return str(python)


def installed_versions(python: str) -> dict[str, str]:
    """The version of every package beside a Python."""
    listing = subprocess.check_output([python, "-m", "pip", "list", "--format", "json"], stderr=subprocess.DEVNULL)
    return {package["name"]: package["version"] for package in json.loads(listing)}


def run(command: Sequence[str], question: object = None) -> Run:
    """Run a program that gets JSON on standard input; one that takes too long is ended."""
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        asked.write(json.dumps(question).encode())
        asked.seek(0)
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=_ROOT, env=_ENVIRONMENT, stdin=asked, stdout=printed, stderr=said)
        timer = threading.Timer(TIMEOUT_S, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        printed.seek(0)
        said.seek(0)
        failure = _reason(process.returncode, seconds, said.read().decode(errors="replace"))
        return Run(usage.ru_utime + usage.ru_stime, peak_bytes, printed.read().decode(), failure)


def _reason(exit_code: int, seconds: float, said: str) -> str | None:
    if exit_code == 0:
        return None
    if seconds >= TIMEOUT_S:
        return f"ended after {TIMEOUT_S} s"
    if exit_code < 0:
        return f"ended by signal {-exit_code}"
    return (said.strip().splitlines() or ["no message"])[-1][:_REASON_LENGTH]


def _quiet(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
