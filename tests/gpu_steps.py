"""Steps for the tests of what runs steps."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gpu.findings import Context, Finding, judged, noted


def find_two(context: Context) -> Iterator[Finding]:
    yield judged("one", True, {"error": 0.5, "taken_s": 0.25})
    yield noted("two", {"size_bytes": 2_000_000, "device": context.device})


def find_wrong(context: Context) -> Iterator[Finding]:
    yield judged("right", True, {})
    yield judged("wrong", False, {})


def find_no_room(context: Context) -> Iterator[Finding]:
    yield Finding("large", "skipped", {}, "needs about 90.0 GB, of which 24.0 GB are free")


def find_nothing(context: Context) -> Iterator[Finding]:
    yield from ()


def fail(context: Context) -> Iterator[Finding]:
    yield judged("one", True, {})
    raise ValueError("a defect")


def never_end(context: Context) -> Iterator[Finding]:
    """Finds one thing, starts a process of its own, whose number it leaves in a file, and hangs."""
    yield judged("one", True, {})
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(context.out, "started").write_text(str(started.pid))
    time.sleep(600)
