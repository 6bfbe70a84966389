"""The folder of results: ``results.jsonl``, to which each finding is added as it is made, and a page made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu.findings import Figure, Finding
from benchmarks.gpu.steps import Step
from w2v_explore.files.write import write_atomically
from w2v_explore.report.units import duration, exact, percent, size_bytes

_RESULTS, _PAGE = "results.jsonl", "report.md"


def add_line(out: str, line: Mapping[str, Any]) -> None:
    """Add a line to the results, and have it on the disk when this returns."""
    with open(Path(out, _RESULTS), "ab") as file:
        file.write(json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def add_finding(out: str, step: str, finding: Finding) -> None:
    """Add what a step found."""
    add_line(out, {"step": step, "finding": finding._asdict()})


def read_lines(out: str) -> list[dict[str, Any]]:
    """All whole lines of the results: the last may have been cut off."""
    return list(_whole_lines(Path(out, _RESULTS).read_bytes()))


def _whole_lines(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def has_results(out: str) -> bool:
    """Whether a folder holds those of another run."""
    return Path(out, _RESULTS).exists()


def findings_of(lines: Sequence[Mapping[str, Any]], step: str) -> list[Finding]:
    """What a step has found so far."""
    return [Finding(**line["finding"]) for line in lines if line.get("step") == step and "finding" in line]


def write_page(out: str, steps: Sequence[Step]) -> None:
    """Make the page anew from the results, whole or not at all."""
    write_atomically(str(Path(out, _PAGE)), "\n".join(_page(read_lines(out), steps)).encode())


def _page(lines: Sequence[Mapping[str, Any]], steps: Sequence[Step]) -> Iterator[str]:
    about: dict[str, str] = next((line["run"] for line in lines if "run" in line), {})
    outcomes = {line["step"]: line for line in lines if "outcome" in line}
    yield "# A run of `python -m benchmarks.gpu`\n"
    yield "; ".join(f"{name}: {value}" for name, value in about.items()) + ".\n"
    yield "| step | what it shows where it passes | outcome | took | remark |"
    yield "| :--- | :--- | :--- | ---: | :--- |"
    for step in steps:
        ended = outcomes.get(step.name)
        if ended is None:
            begun = findings_of(lines, step.name)
            yield _row(step.name, step.proves, "cut off" if begun else "not reached", "", "")
        else:
            took = f"{ended['seconds']:.0f} s"
            yield _row(step.name, step.proves, ended["outcome"], took, ended["reason"])
    for step in steps:
        if findings := findings_of(lines, step.name):
            yield f"\n## {step.name}"
            yield from _tables(findings)
    yield ""


def _tables(findings: Sequence[Finding]) -> Iterator[str]:
    """A table for the findings that have the same figures; what is remarked of all of them stands below it."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        alike.setdefault(tuple(finding.figures), []).append(finding)
    for names, group in alike.items():
        notes = {finding.note for finding in group}
        shared = notes.pop() if len(notes) == 1 and len(group) > 1 else ""
        remark = [] if shared else ["remark"]
        yield ""
        yield _row("", *map(_heading, names), "verdict", *remark)
        yield _row(":---", *["---:"] * len(names), ":---", *[":---" for _ in remark])
        for finding in group:
            cells = (_cell(name, finding.figures[name]) for name in names)
            yield _row(finding.what, *cells, finding.verdict, *[finding.note for _ in remark])
        if shared:
            yield f"\n{shared[0].upper()}{shared[1:]}."


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"


_UNITS: dict[str, Callable[[Any], str]] = {"_bytes": size_bytes, "_s": duration, "_share": percent, "_ns": exact}


def _heading(name: str) -> str:
    unit = next((unit for unit in _UNITS if name.endswith(unit)), "")
    return name.removesuffix(unit).replace("_", " ") + (", ns" if unit == "_ns" else "")


def _cell(name: str, value: Figure) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    for unit, write in _UNITS.items():
        if name.endswith(unit):
            return write(value)
    return exact(value) if isinstance(value, int) else f"{value:.4g}"
