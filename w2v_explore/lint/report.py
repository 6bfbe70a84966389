"""What a run of the linter found, before a format writes it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from w2v_explore.diagnostics import Problem, Rule, Severity
from w2v_explore.lint.engine import order
from w2v_explore.version import SCHEMA_VERSION


class PassedOver(NamedTuple):
    """A file, or a folder with a slash at its end, that was not checked.

    Attributes:
        path: Where it is.
        reason: Why, in a few words.
    """

    path: str
    reason: str

    def renamed(self, rename: Callable[[str], str]) -> "PassedOver":
        """The same with another name; a folder keeps its slash."""
        slash = "/" if self.path.endswith("/") else ""
        return self._replace(path=f"{rename(self.path.rstrip('/'))}{slash}")


class NotRead(NamedTuple):
    """What could not be read or written, so that nothing is known of it.

    Attributes:
        path: A file, or a folder or pattern that led to no config.
        message: What to say of it; it names the path.
    """

    path: str
    message: str


class Defect(NamedTuple):
    """A file that the linter could not check, for a fault of its own.

    Attributes:
        path: The file; nothing else is said of it.
        message: What to say of it, in a line; it names the path.
        traceback: For whoever mends the linter.
    """

    path: str
    message: str
    traceback: str


@dataclass(slots=True, repr=False)
class LintReport:
    """The problems of all files, and what was not checked.

    Attributes:
        problems: Sorted by file, line and column.
        files: The names of all files that were checked, in the order in which they were.
        passed_over: The files of searched folders that are no model configs.
        not_searched: What a search did not look at, as git ignores it.
        lines: The source line of each problem that has a place, by path and line.
        diffs: The lines of unified diffs, where repairs are shown and not made.
        repaired: How many problems were repaired, by file and rule; None where no repair was asked for.
        repaired_stdin: What was piped in, with every repair made; None where nothing was, or no repair was asked for.
        unreadable: What could not be read or written; while there is any, a run without problems is no good news.
        defects: The files that were not checked, or not repaired, as the linter itself failed on them.
        hidden: Advice that holds and is not selected, and errors that were left out, by rule.
    """

    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)
    not_searched: list[PassedOver] = field(default_factory=list)
    lines: dict[tuple[str, int], str] = field(default_factory=dict)
    diffs: list[str] = field(default_factory=list)
    repaired: Counter[tuple[str, Rule]] | None = None
    repaired_stdin: bytes | None = None
    unreadable: list[NotRead] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    hidden: Counter[Rule] = field(default_factory=Counter)

    def renamed(self, rename: Callable[[str], str]) -> "LintReport":
        """The same report with other names for its files, sorted by them."""
        problems = [
            problem._replace(place=problem.place._replace(path=rename(problem.place.path))) for problem in self.problems
        ]
        return replace(
            self,
            problems=sorted(problems, key=order),
            files=[rename(name) for name in self.files],
            passed_over=[entry.renamed(rename) for entry in self.passed_over],
            not_searched=[entry.renamed(rename) for entry in self.not_searched],
            unreadable=[entry._replace(path=rename(entry.path)) for entry in self.unreadable],
            defects=[entry._replace(path=rename(entry.path)) for entry in self.defects],
            lines={(rename(name), line): text for (name, line), text in self.lines.items()},
            repaired=None
            if self.repaired is None
            else Counter({(rename(path), rule): count for (path, rule), count in self.repaired.items()}),
        )

    def __repr__(self) -> str:
        return f"<LintReport: {self.sentence()}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``lint`` (docs/json.md), as plain data; paths start at the repository's root."""
        from w2v_explore.lint.paths import PortablePaths  # few ask for it

        return self.renamed(PortablePaths().of).document()

    def document(self) -> dict[str, Any]:
        """The same, with the paths as they are."""
        document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "problems": [_problem_document(problem) for problem in self.problems],
            "summary": self.summary(),
            "hidden": {
                "errors": self.count_hidden("error"),
                "advice": self.count_hidden("advice"),
                "rules": [
                    {"code": rule.code, "name": rule.name, "severity": rule.severity, "count": count}
                    for rule, count in sorted(self.hidden.items())
                ],
            },
            "files": self.files,
            "passed_over": [entry._asdict() for entry in self.passed_over],
            "not_searched": [entry._asdict() for entry in self.not_searched],
            "unreadable": [entry.message for entry in self.unreadable],
            "defects": [{"path": entry.path, "message": entry.message} for entry in self.defects],
        }
        if self.repaired is not None:
            document["repaired"] = [
                {"path": path, "code": rule.code, "name": rule.name, "count": count}
                for (path, rule), count in sorted(self.repaired.items())
            ]
        return document

    def unchecked(self) -> list[NotRead]:
        """All of which nothing is known: what could not be read, and what the linter failed on."""
        return [*self.unreadable, *(NotRead(entry.path, entry.message) for entry in self.defects)]

    def repairs(self) -> list[str]:
        """What was repaired: ``a.yaml: repaired E200 unknown-key, 2 times``, a line for each rule of each file."""
        return [
            f"{path}: repaired {rule.code} {rule.name}{f', {count} times' if count > 1 else ''}"
            for (path, rule), count in sorted((self.repaired or {}).items())
        ]

    def count(self, severity: Severity) -> int:
        """How many problems have a severity."""
        return sum(problem.rule.severity == severity for problem in self.problems)

    def summary(self) -> dict[str, int]:
        """The counts that end every report."""
        return {
            "files": len(self.files),
            "skipped": len(self.passed_over),
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
        skipped = f" ({_count(len(self.passed_over), 'file')} passed over)" if self.passed_over else ""
        unchecked = self.unchecked()
        unread = f"; {len(unchecked)} could not be checked" if unchecked else ""
        if not self.files:
            return f"No config was checked{skipped}{unread if self.defects else ''}"
        found = " and ".join(text for text in counts if text) or "No problems"
        hidden = "".join(f"; {text}" for text in self._hidden_sentences())
        repaired = f"; {self.repaired.total()} repaired" if self.repaired else ""
        return f"{found} in {_count(len(self.files), 'file')}{skipped}{repaired}{unread}{hidden}"

    def _hidden_sentences(self) -> Iterator[str]:
        errors, advice = self.count_hidden("error"), self.count_hidden("advice")
        if errors:
            yield f"{_count(errors, 'error')} left out by --select or --ignore ({self._hidden_codes('error')})"
        if advice:
            them = "it" if advice == 1 else "them"
            yield (
                f"{_count(advice, 'advisory finding')} hidden ({self._hidden_codes('advice')}): "
                f"--select E,W,A shows {them}, --fail-on advice fails on {them}"
            )

    def count_hidden(self, severity: Severity) -> int:
        """How many findings of a severity hold and are not shown."""
        return sum(count for rule, count in self.hidden.items() if rule.severity == severity)

    def _hidden_codes(self, severity: Severity) -> str:
        return ", ".join(sorted(rule.code for rule in self.hidden if rule.severity == severity))

    def statistics(self) -> list[tuple[int, Problem]]:
        """How often each rule was broken, the most often first, each with one of its problems."""
        examples = {problem.rule: problem for problem in reversed(self.problems)}
        counts = Counter(problem.rule for problem in self.problems)
        return [(count, examples[rule]) for rule, count in counts.most_common()]


def _problem_document(problem: Problem) -> dict[str, Any]:
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
