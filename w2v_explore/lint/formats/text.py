"""For people: problems by file, each with its source line and a caret."""

from __future__ import annotations

from itertools import groupby

from w2v_explore.diagnostics import Problem
from w2v_explore.lint.report import LintReport

_COLOURS = {"error": "31", "warning": "33", "advice": "36"}
_MAX_LINE = 160


def render(report: LintReport, colour: bool = False) -> str:
    """The report as a terminal or a log shows it."""
    paint = _paint if colour else _leave
    lines = []
    for path, problems in groupby(report.problems, key=lambda problem: problem.place.path):
        lines.append(paint(path, "1"))
        for problem in problems:
            lines += _problem(report, problem, paint)
        lines.append("")
    return "\n".join([*lines, report.sentence(), ""])


def _problem(report: LintReport, problem: Problem, paint: object) -> list[str]:
    assert callable(paint)
    rule, place = problem.rule, problem.place
    where = f"{place.line}:{place.column}" if place.line is not None else "-"
    severity = paint(rule.severity, _COLOURS[rule.severity])
    lines = [f"  {where}: {severity} {rule.code} {rule.name}: {problem.message}"]
    source = report.lines.get((place.path, place.line or 0))
    if source is not None and place.column is not None and place.column <= _MAX_LINE:
        gutter = f"{place.line:>6} | "
        end = place.end_column if place.end_line == place.line and place.end_column else place.column + 1
        caret = "^" * max(1, min(end, len(source) + 1, _MAX_LINE) - place.column)
        lead = "".join("\t" if character == "\t" else " " for character in source[: place.column - 1])
        lines += [f"{gutter}{source[:_MAX_LINE]}", f"{' ' * 6} | {lead}{paint(caret, _COLOURS[rule.severity])}"]
    return lines


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _leave(text: str, code: str) -> str:
    return text
