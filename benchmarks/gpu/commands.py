"""The commands as a user types them, their output kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.gpu.findings import Context, Finding, attempt, judged
from benchmarks.gpu.models import TWO_LAYERS
from benchmarks.gpu.processes import PROGRAM, run_program


def run_commands(context: Context) -> Iterator[Finding]:
    """`summary`, `compare`, and `latency` with a curve and a trace."""
    on = ("--device", context.device)
    small = ("--set", TWO_LAYERS) if context.quick else ()
    few = ("--runs", "2") if context.quick else ()
    short = ("--seconds", "1") if context.quick else ()
    seconds = "0.5,1" if context.quick else "1,5,10,30"
    picture, trace = str(Path(context.out, "curve.svg")), str(Path(context.out, "trace.json"))
    commands = (
        ("summary", ("summary", "base", "--full", *on, *few, *small, *short), _anything),
        ("compare", ("compare", "base", "base" if context.quick else "large", *on, *few, *small, *short), _anything),
        (
            "latency-plot",
            ("latency", "base", *on, *few, *small, "--seconds", seconds, "--plot", picture),
            partial(_is_picture, picture),
        ),
        (
            "latency-trace",
            ("latency", "base", *on, *few, *small, "--seconds", "1", "--trace", trace),
            partial(_is_trace, trace),
        ),
    )
    for name, arguments, is_right in commands:
        yield attempt(name, partial(_run, context, name, arguments, is_right))


def _run(context: Context, name: str, arguments: Sequence[str], is_right: Callable[[], bool], what: str) -> Finding:
    finished = run_program([*PROGRAM, *arguments], context.out, name)
    passed = finished.code == 0 and bool(finished.out) and not finished.err and is_right()
    note = f"exit code 0, nothing on standard error, and the files it was to write; see {name}.txt"
    first = finished.err.partition("\n")[0]
    return judged(what, passed, {"exit_code": finished.code, "standard_error": first or None}, note)


def _anything() -> bool:
    return True


def _is_picture(path: str) -> bool:
    return "<svg" in Path(path).read_text(encoding="utf-8")


def _is_trace(path: str) -> bool:
    return bool(json.loads(Path(path).read_text(encoding="utf-8"))["traceEvents"])
