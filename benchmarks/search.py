"""Ten million configs gone through on one machine: the time, and the memory of all processes.

It is measured in a process of its own, whose memory nothing else has made larger.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import NamedTuple

from w2v_explore import Workload, load_preset
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.run import run
from w2v_explore.search.space.space import Axis, Given, Space

_WORKERS = 2
_VALUES = {
    "encoder_num_layers": range(2, 25),
    "encoder_ff_interm_features": range(64, 20_481, 64),
    "encoder_num_heads": range(1, 17),
    "encoder_embed_dim": range(64, 6_145, 64),
}
_FIGURES = (("macs", "parameters"), ("macs", "memory.training_bytes", "parameters"))

_SECTION = """\
## Whole spaces

All of {size:,} combinations of layers, inner width, heads and width around base, 10 s of audio, on {workers} processes:
the frontier of the figures, of which parameters are maximised. The memory is at most that of all processes together.

| frontier of | seconds | combinations a second | memory | configs | on the frontier |
| :--- | ---: | ---: | ---: | ---: | ---: |
{rows}

The aim is 500 MB, and minutes.
"""


class Gone(NamedTuple):
    """What it took to go through the space.

    Attributes:
        seconds: From the question to what was found.
        peak_bytes: No less than all processes had at once: each is counted as the largest of the workers.
        evaluated: The configs whose figures were worked out.
        front: The configs on the frontier.
    """

    seconds: float
    peak_bytes: int
    evaluated: int
    front: int


def go_through(figures: tuple[str, ...]) -> Gone:
    """Go through the space, in this process and its workers."""
    config = load_preset("base")
    start = time.perf_counter()
    found = run(Question(_space(), Workload.of(config), Pareto(figures, frozenset({"parameters"}))), workers=_WORKERS)
    seconds = time.perf_counter() - start
    own, largest = (
        resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Gone(seconds, own + _WORKERS * largest, found.evaluated, len(found.candidates.members))


def _space() -> Space:
    axes = tuple(Axis(name, tuple(values)) for name, values in _VALUES.items())
    return Space(load_preset("base"), axes, {axis.name: Given(number) for number, axis in enumerate(axes)})


def section() -> str:
    """A section of docs/performance.md."""
    size = _space().size
    rows = []
    for figures in _FIGURES:
        command = [sys.executable, "-m", "benchmarks.search", *figures]
        gone = Gone(*json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
        rows.append(
            f"| {', '.join(figures)} | {gone.seconds:.1f} | {size / gone.seconds:,.0f} "
            f"| {gone.peak_bytes / 1e6:.0f} MB | {gone.evaluated:,} | {gone.front:,} |"
        )
    return _SECTION.format(size=size, workers=_WORKERS, rows="\n".join(rows))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(go_through(tuple(sys.argv[1:]))))
    else:
        print(section(), end="")
