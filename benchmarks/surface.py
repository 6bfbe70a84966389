"""What people see and touch: how large a page is and what it takes, a tab of the shell, a save to the screen.

This module must run in a process that has not imported torch, as `benchmarks.process` says.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.process import compare_processes

_PROGRAM = (sys.executable, "-m", "w2v_explore")
_PAIRS = 15
_TABS = 30
_SAVES = 20

_SECTION = """\
## Pages, tabs and saves

`python -m benchmarks.surface`: whole processes in turns, {pairs} pairs; medians of {tabs} tabs and {saves} saves.

| | figure | aim |
| :--- | ---: | ---: |
| page of `summary base` | {base_kb:.0f} kB | ≤ 150 kB |
| page of `summary xlsr_2b` with all its layers | {xlsr_kb:.0f} kB | ≤ 400 kB |
| `summary base --format html` over `summary base`, time | {page_ratio:.2f} | ≤ 2 |
| a tab after `summary ` | {tab_ms:.0f} ms | ≤ 120 ms |
| the same over a Python that does nothing | {tab_ratio:.1f} | |
| `summary my.yaml --watch`, from save to screen | {save_ms:.0f} ms, at most {slowest_ms:.0f} ms | ≤ 100 ms |
"""


def section() -> str:
    """A section of docs/performance.md."""
    page = (*_PROGRAM, "summary", "base", "--format", "html")
    summary = (*_PROGRAM, "summary", "base")
    saves = _saves()
    tab, nothing = _tabs()
    return _SECTION.format(
        pairs=_PAIRS,
        tabs=_TABS,
        saves=_SAVES,
        base_kb=_size(page) / 1e3,
        xlsr_kb=_size((*_PROGRAM, "summary", "xlsr_2b", "--depth", "9", "--format", "html")) / 1e3,
        page_ratio=compare_processes(page, summary, _PAIRS).time_ratio,
        tab_ms=1e3 * tab,
        tab_ratio=tab / nothing,
        save_ms=1e3 * statistics.median(saves),
        slowest_ms=1e3 * max(saves),
    )


def _size(command: tuple[str, ...]) -> int:
    return len(subprocess.run(command, check=True, capture_output=True).stdout)


def _tabs() -> tuple[float, float]:
    """What a tab takes as bash asks at it, and what a Python does that does nothing, in seconds."""
    asked = {"_W2V_EXPLORE_COMPLETE": "bash", "_W2V_EXPLORE_LINE": "w2v-explore summary ", "_W2V_EXPLORE_BREAKS": " ="}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | asked
    times: list[tuple[float, float]] = []
    for _ in range(_TABS + 1):
        pair = []
        for command in (_PROGRAM, (sys.executable, "-c", "")):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=environment)
            pair.append(time.perf_counter() - start)
        times.append((pair[0], pair[1]))
    tabs, nothings = zip(*times[1:], strict=True)
    return statistics.median(tabs), statistics.median(nothings)


def _saves() -> list[float]:
    """From a save to the end of the answer on a terminal, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my.yaml"
        path.write_text("extends: base\nencoder_num_layers: 6\n")
        outer, inner = os.openpty()
        environment = {**os.environ, "TERM": "xterm-256color"}
        command = (*_PROGRAM, "summary", str(path), "--watch")
        process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment)
        os.close(inner)
        _read_answer(outer)
        taken = []
        for number in range(_SAVES):
            # The times of files are told apart, and the program is waiting again.
            time.sleep(0.3)
            path.write_text(f"extends: base\nencoder_num_layers: {7 + number % 2}\n")
            start = time.perf_counter()
            _read_answer(outer)
            taken.append(time.perf_counter() - start)
        process.kill()
        process.wait()
        os.close(outer)
    return taken


def _read_answer(terminal: int) -> None:
    shown = b""
    while b"Ctrl-C ends it." not in shown:
        shown += os.read(terminal, 65536)


if __name__ == "__main__":
    print(section())
