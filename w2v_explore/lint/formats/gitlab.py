"""GitLab's Code Quality report: a JSON array that a merge request compares with that of its target branch."""

from __future__ import annotations

from typing import Any

from w2v_explore.encoding import dump_json
from w2v_explore.lint.formats.fingerprint import fingerprints, hash_of
from w2v_explore.lint.report import LintReport

_SEVERITIES = {"error": "critical", "warning": "minor", "advice": "info"}


def render(report: LintReport) -> str:
    """One entry per problem, and one for all that could not be checked."""
    entries: list[dict[str, Any]] = [
        {
            "description": entry.message,
            "check_name": "not-checked",
            "fingerprint": hash_of("not-checked", entry.path, entry.message),
            "severity": "blocker",
            "location": {"path": entry.path, "lines": {"begin": 1}},
        }
        for entry in report.unchecked()
    ]
    entries += [
        {
            "description": problem.message,
            "check_name": problem.rule.code,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[problem.rule.severity],
            # A line is required here; what is about the file as a whole has none of its own.
            "location": {"path": problem.place.path, "lines": {"begin": problem.place.line or 1}},
        }
        for problem, fingerprint in zip(report.problems, fingerprints(report.problems), strict=True)
    ]
    return dump_json(entries) + "\n"
