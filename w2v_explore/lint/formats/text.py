"""For people: problems by file, each with its source line and a caret."""

from __future__ import annotations

from itertools import groupby

from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable
from w2v_explore.lint.report import LintReport

_COLOURS = {"error": "31", "warning": "33", "advice": "36"}
_MAX_LINE = 160


def render(report: LintReport, colour: bool = False) -> str:
    """The report as a terminal or a log shows it."""
    paint = _paint if colour else _leave
    lines = [printable(line) for line in report.repairs()]
    lines += [""] * bool(lines)
    for path, problems in groupby(report.problems, key=lambda problem: problem.place.path):
        lines.append(paint(printable(path), "1"))
        for problem in problems:
            lines += _problem(report, problem, paint)
        lines.append("")
    return "\n".join([*lines, report.sentence(), ""])


def _problem(report: LintReport, problem: Problem, paint: object) -> list[str]:
    assert callable(paint)
    rule, place = problem.rule, problem.place
    where = f"{place.line}:{place.column}" if place.line is not None else "-"
    severity = paint(rule.severity, _COLOURS[rule.severity])
    lines = [f"  {where}: {severity} {rule.code} {rule.name}: {printable(problem.message)}"]
    source = report.lines.get((place.path, place.line or 0))
    if source is not None and place.column is not None and place.column <= _MAX_LINE:
        gutter = f"{place.line:>6} | "
        end = place.end_column if place.end_line == place.line and place.end_column else place.column + 1
        before = _excerpt(source[: place.column - 1])
        marked = _excerpt(source[place.column - 1 : max(place.column, min(end, len(source) + 1, _MAX_LINE) - 1)])
        lead = "".join("\t" if character == "\t" else " " for character in before)
        caret = paint("^" * max(1, len(marked)), _COLOURS[rule.severity])
        lines += [f"{gutter}{_excerpt(source[:_MAX_LINE])}", f"{' ' * 6} | {lead}{caret}"]
    return lines


def _excerpt(source: str) -> str:
    """A part of a line of a file, as it is shown; tabs stay, as they are what is wrong with many a line."""
    return printable(source) if "\t" not in source else "\t".join(map(printable, source.split("\t")))


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _leave(text: str, code: str) -> str:
    return text
