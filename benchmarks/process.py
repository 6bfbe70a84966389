"""Whole processes against each other: wall time and peak memory, in turns.

This module must run in a process that has not imported torch: on Linux a child's peak memory starts at its parent's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

_MODULE = (sys.executable, "-m")
SUMMARY_BASE = (*_MODULE, "w2v_explore", "summary", "base.yaml")
SUMMARY_XLSR_2B = (*_MODULE, "w2v_explore", "summary", "xlsr_2b")
TORCHINFO = (*_MODULE, "benchmarks.torchinfo_peer")


# Installed programs are byte-compiled; a source tree is after its first run, unless this forbids it.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Usage(NamedTuple):
    """What a process took."""

    seconds: float
    peak_bytes: int


class Pair(NamedTuple):
    """Two commands: medians of each, and the median of A over B, pair by pair."""

    a: Usage
    b: Usage
    time_ratio: float
    memory_ratio: float


def compare_processes(a: Sequence[str], b: Sequence[str], pairs: int) -> Pair:
    """Run two commands in turns, after one run of each to warm the file cache."""
    runs = [(run_process(a), run_process(b)) for _ in range(pairs + 1)][1:]
    return Pair(
        _median([first for first, _ in runs]),
        _median([second for _, second in runs]),
        statistics.median(first.seconds / second.seconds for first, second in runs),
        statistics.median(first.peak_bytes / second.peak_bytes for first, second in runs),
    )


def run_process(command: Sequence[str], exit_code: int = 0) -> Usage:
    """What one run of a command takes; its output is thrown away.

    Raises:
        RuntimeError: It does not exit as it should.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != exit_code:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}")
    return Usage(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def _median(usages: Sequence[Usage]) -> Usage:
    return Usage(
        statistics.median(usage.seconds for usage in usages),
        int(statistics.median(usage.peak_bytes for usage in usages)),
    )
