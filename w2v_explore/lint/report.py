"""What a run of the linter found, before a format writes it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from w2v_explore.diagnostics import Problem, Severity
from w2v_explore.version import SCHEMA_VERSION


@dataclass(slots=True, repr=False)
class LintReport:
    """The problems of all files, and what was not checked.

    Attributes:
        problems: Sorted by file, line and column.
        files: The names of all files that were checked, in the order in which they were.
        skipped: How many files of searched folders are no model configs.
        lines: The source line of each problem that has a place, by path and line.
        diffs: The lines of unified diffs, where repairs are shown and not made.
        unreadable: What could not be read or written, a message each.
    """

    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    skipped: int = 0
    lines: dict[tuple[str, int], str] = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<LintReport: {self.sentence()}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``lint`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "problems": [_problem(problem) for problem in self.problems],
            "summary": self.summary(),
        }

    def count(self, severity: Severity) -> int:
        """How many problems have a severity."""
        return sum(problem.rule.severity == severity for problem in self.problems)

    def summary(self) -> dict[str, int]:
        """The counts that end every report."""
        return {
            "files": len(self.files),
            "skipped": self.skipped,
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "advice": self.count("advice"),
        }

    def sentence(self) -> str:
        """The counts in words: ``2 errors and 1 warning in 3 files``."""
        counts = [
            _count(self.count("error"), "error"),
            _count(self.count("warning"), "warning"),
            f"{self.count('advice')} advice" if self.count("advice") else "",
        ]
        found = " and ".join(text for text in counts if text) or "No problems"
        skipped = f" ({_count(self.skipped, 'file')} passed over)" if self.skipped else ""
        return f"{found} in {_count(len(self.files), 'file') or 'no files'}{skipped}"

    def statistics(self) -> list[tuple[int, Problem]]:
        """How often each rule was broken, the most often first, each with one of its problems."""
        examples = {problem.rule: problem for problem in reversed(self.problems)}
        counts = Counter(problem.rule for problem in self.problems)
        return [(count, examples[rule]) for rule, count in counts.most_common()]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


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
