"""GitHub's workflow commands: annotations on the lines of a pull request.

GitHub shows ten of each kind for a step and fifty for a job, so that errors come first.
"""

from __future__ import annotations

from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable
from w2v_explore.lint.report import LintReport, NotRead
from w2v_explore.lint.settings import SEVERITIES

_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def render(report: LintReport) -> str:
    """A command for all that could not be checked, one per problem, then a plain line with the counts."""
    problems = sorted(report.problems, key=lambda problem: SEVERITIES.index(problem.rule.severity))
    return "\n".join([*map(_not_read, report.unchecked()), *map(_command, problems), report.sentence(), ""])


def _not_read(entry: NotRead) -> str:
    return f"::error title=not checked,file={_property(entry.path)}::{_message(entry.message)}"


def _command(problem: Problem) -> str:
    rule, place = problem.rule, problem.place
    properties = {
        "title": f"{rule.code} {rule.name}",
        "file": place.path,
        "line": place.line,
        "endLine": place.end_line,
        "col": place.column,
        "endColumn": place.end_column if place.end_line == place.line else None,
    }
    stated = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    return f"::{_COMMANDS[rule.severity]} {stated}::{_message(problem.message)}"


def _message(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
