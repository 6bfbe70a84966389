"""SARIF 2.1.0, which GitHub's code scanning and many editors read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from w2v_explore.diagnostics import Place, Problem, Rule
from w2v_explore.encoding import dump_json
from w2v_explore.lint.formats.fingerprint import fingerprints
from w2v_explore.lint.report import LintReport, NotRead
from w2v_explore.version import __version__

_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}


def render(report: LintReport) -> str:
    """One run; an empty list of results where nothing was found.

    What could not be checked is a notification of a run that did not succeed.
    """
    rules = sorted({problem.rule for problem in report.problems}, key=lambda rule: rule.code)
    numbers = {rule: number for number, rule in enumerate(rules)}
    results = [
        _result(problem, numbers[problem.rule], fingerprint)
        for problem, fingerprint in zip(report.problems, fingerprints(report.problems), strict=True)
    ]
    driver = {"name": "w2v-explore", "version": __version__, "rules": [_rule(rule) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report.unchecked())],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return dump_json(document) + "\n"


def _invocation(unreadable: Sequence[NotRead]) -> dict[str, Any]:
    notifications = [
        {
            "level": "error",
            "message": {"text": entry.message},
            "locations": [{"physicalLocation": _location(Place(entry.path))}],
        }
        for entry in unreadable
    ]
    # An empty list says what no list says.
    return {
        "executionSuccessful": not unreadable,
        **({"toolExecutionNotifications": notifications} if unreadable else {}),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {"id": rule.code, "name": rule.name, "defaultConfiguration": {"level": _LEVELS[rule.severity]}}


def _result(problem: Problem, number: int, fingerprint: str) -> dict[str, Any]:
    return {
        "ruleId": problem.rule.code,
        "ruleIndex": number,
        "level": _LEVELS[problem.rule.severity],
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": _location(problem.place)}],
        "partialFingerprints": {"w2vExplore/v1": fingerprint},
    }


def _location(place: Place) -> dict[str, Any]:
    uri = quote(place.path.replace("\\", "/"), errors="surrogateescape")
    # An absolute path or a preset is under no source root.
    relative = not place.path.startswith(("/", "..", "<")) and ":" not in place.path
    location: dict[str, Any] = {"artifactLocation": {"uri": uri, **({"uriBaseId": "%SRCROOT%"} if relative else {})}}
    if place.line is not None:
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
        location["region"] = {name: value for name, value in region.items() if value is not None}
    return location
