"""For programs: docs/json.md has the names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import dump_json
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.lint.report import LintReport


def render(report: LintReport) -> str:
    """The document as text."""
    return dump_json(document(report)) + "\n"


def document(report: LintReport) -> dict[str, Any]:
    """Problems, counts, and what was checked or was not, as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "problems": [_problem(problem) for problem in report.problems],
        "summary": report.summary(),
        "hidden": {
            "errors": report.count_hidden("error"),
            "advice": report.count_hidden("advice"),
            "rules": [
                {"code": rule.code, "name": rule.name, "severity": rule.severity, "count": count}
                for rule, count in sorted(report.hidden.items())
            ],
        },
        "files": report.files,
        "passed_over": [entry._asdict() for entry in report.passed_over],
        "not_searched": [entry._asdict() for entry in report.not_searched],
        "unreadable": [entry.message for entry in report.unreadable],
        "defects": [{"path": entry.path, "message": entry.message} for entry in report.defects],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    rule, place = problem.rule, problem.place
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "key": problem.key,
        "message": problem.message,
        "fix": problem.fix,
    }
