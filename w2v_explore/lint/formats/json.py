"""For programs: docs/json.md has the names."""

from w2v_explore.encoding import dump_json
from w2v_explore.lint.report import LintReport


def render(report: LintReport) -> str:
    """The document as text."""
    return dump_json(report.document()) + "\n"
