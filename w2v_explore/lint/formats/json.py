"""For programs: docs/json.md has the names."""

from w2v_explore.encoding import dump_json
from w2v_explore.lint.report import LintReport


def render(report: LintReport) -> str:
    """Problems and counts as one object."""
    return dump_json(report.to_dict()) + "\n"
