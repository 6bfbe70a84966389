"""For programs: docs/json.md has the names."""

import json

from w2v_explore.lint.report import LintReport


def render(report: LintReport) -> str:
    """Problems and counts as one object."""
    return json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n"
