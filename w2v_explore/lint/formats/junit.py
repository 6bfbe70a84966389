"""JUnit XML: a suite per file, a failing case per problem, and a passing case for a clean file.

What could not be checked is a case with an error: whoever reads the report alone must not take it for a clean file.
"""

from __future__ import annotations

from xml.etree import ElementTree

from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable
from w2v_explore.lint.report import LintReport


def render(report: LintReport) -> str:
    """All files, those without problems too."""
    # ASCII: what is declared holds on a stream of any encoding. Printable: XML cannot write most control characters.
    by_file: dict[str, list[Problem]] = {name: [] for name in report.files}
    for problem in report.problems:
        by_file.setdefault(problem.place.path, []).append(problem)
    tests = sum(max(1, len(problems)) for problems in by_file.values())
    unchecked = report.unchecked()
    counts = _counts(tests + len(unchecked), len(report.problems), len(unchecked))
    root = ElementTree.Element("testsuites", {"name": "w2v-explore", **counts})
    for name, problems in by_file.items():
        counts = _counts(max(1, len(problems)), len(problems))
        suite = ElementTree.SubElement(root, "testsuite", {"name": printable(name), **counts})
        if not problems:
            ElementTree.SubElement(suite, "testcase", name="no problems", classname=printable(name))
        for problem in problems:
            _case(suite, problem)
    for entry in unchecked:
        suite = ElementTree.SubElement(root, "testsuite", {"name": printable(entry.path), **_counts(1, 0, 1)})
        case = ElementTree.SubElement(suite, "testcase", name="not checked", classname=printable(entry.path))
        ElementTree.SubElement(case, "error", type="unreadable", message=printable(entry.message))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root).decode() + "\n"


def _counts(tests: int, failures: int, errors: int = 0) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": str(errors)}


def _case(suite: ElementTree.Element, problem: Problem) -> None:
    rule, place = problem.rule, problem.place
    where = f" at {place.line}:{place.column}" if place.line is not None else ""
    case = ElementTree.SubElement(
        suite, "testcase", name=f"{rule.code} {rule.name}{where}", classname=printable(place.path)
    )
    failure = ElementTree.SubElement(case, "failure", type=rule.severity, message=printable(problem.message))
    failure.text = printable(str(problem))
