"""The noise detector, live: quiet without competing processes, and firing with them. Wants a quiet machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from w2v_explore import Workload, analyze, load_config
from w2v_explore.measure.latency import Plan, measure_latency
from w2v_explore.measure.noise import CRITERIA, Noise

BUSY_CORE = (sys.executable, "-c", "print(flush=True)\nwhile True: pass")
"""Takes a core, and says when."""

_RUNS = 20
_REPEATS = 5


class NoiseFigures(NamedTuple):
    """What was seen in a number of measurements without, and with, a busy process on every core."""

    quiet: list[Noise]
    loaded: list[Noise]


def compare_noise() -> NoiseFigures:
    """The base model on 1 s, measured in turns without and with competing processes."""
    figures = NoiseFigures([], [])
    for _ in range(_REPEATS):
        figures.quiet.append(measure_noise())
        with competing([BUSY_CORE] * (os.cpu_count() or 1)):
            figures.loaded.append(measure_noise())
        time.sleep(1)
    return figures


@contextmanager
def competing(commands: Sequence[Sequence[str]]) -> Iterator[None]:
    """Processes that run meanwhile; each writes a line when it begins.

    Raises:
        RuntimeError: One of them ended before it began.
    """
    hogs = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    try:
        for hog in hogs:
            assert hog.stdout is not None
            if not hog.stdout.readline():
                raise RuntimeError("a competing process ended before it began")
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.communicate()


def measure_noise(device: str = "cpu", runs: int = _RUNS) -> Noise:
    """What is noticed while the base model is measured on 1 s."""
    analysis = analyze(load_config("base"), Workload.of_seconds(1.0))
    return measure_latency(analysis, device, plan=Plan(runs=runs))[0].noise


def section() -> str:
    """A section of docs/performance.md."""
    quiet, loaded = compare_noise()
    lines = [
        f"| {name} | {_greatest(quiet, name)} | {_greatest(loaded, name)} | {limit:g} |"
        for name, limit in ((criterion.reading, criterion.limit) for criterion in CRITERIA)
    ]
    return "\n".join([
        "## The noise detector",
        "",
        "`python -m benchmarks.noise`: the base model on 1 s, without and with a busy process on every core.",
        f"The greatest reading of {_REPEATS} measurements each, and the limit from which on it is a disturbance:",
        "",
        "| reading | quiet | loaded | limit |",
        "| :--- | ---: | ---: | ---: |",
        *lines,
        f"| measurements that were called noisy | {_noisy(quiet)} | {_noisy(loaded)} | |",
        "",
    ])  # fmt: skip


def _greatest(measured: list[Noise], reading: str) -> str:
    values = [value for noise in measured if (value := getattr(noise.readings, reading)) is not None]
    return f"{max(values, key=abs):.3g}" if values else "unknown"


def _noisy(measured: list[Noise]) -> str:
    return f"{sum(noise.noisy for noise in measured)} of {len(measured)}"


if __name__ == "__main__":
    print(section(), end="")
