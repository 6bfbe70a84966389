"""The formats, held against their own schemas and parsed back by what did not write them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from w2v_explore.diagnostics import Place, Problem, Rule
from w2v_explore.lint.formats import github, gitlab, junit, sarif, text
from w2v_explore.lint.formats import json as json_format
from w2v_explore.lint.report import LintReport, NotRead, PassedOver

DATA = Path(__file__).parent.parent / "data"
ERROR, WARNING, ADVICE = Rule("E234", "heads-divide"), Rule("W305", "norm-pairing"), Rule("A401", "head-dim-64")


def problem(rule: Rule, path: str = "a.yaml", line: int | None = 3, message: str = "wrong", key: str = "k") -> Problem:
    place = Place(path, line, 20, line, 23) if line is not None else Place(path)
    return Problem(rule=rule, place=place, key=key, message=message, fix="8" if rule is ERROR else None)


REPORT = LintReport(
    problems=[
        problem(WARNING, line=2),
        problem(ERROR, message="50 % of a: b,\nand \x01 <&> 😀"),
        problem(ERROR),
        problem(ADVICE, path="dir with space/ü.yaml"),
        problem(ERROR, path="/abs/b.yaml", line=None),
    ],
    files=["a.yaml", "dir with space/ü.yaml", "/abs/b.yaml", "clean.yaml"],
    passed_over=[PassedOver("compose.yaml", "no field"), PassedOver("x.yml", "empty")],
    lines={("a.yaml", 2): "encoder_layer_norm_first: true", ("a.yaml", 3): "encoder_num_heads: 7"},
)
UNREAD = LintReport(
    files=["clean.yaml"],
    unreadable=[
        NotRead("ü, 1.yaml", "cannot read ü, 1.yaml: Permission denied"),
        NotRead("conf", "no model config\nlies"),
    ],
)
REPORTS = [REPORT, LintReport(), LintReport(files=["clean.yaml"]), UNREAD]


@pytest.mark.parametrize("report", REPORTS)
def test_sarif_follows_the_oasis_schema(report: LintReport) -> None:
    schema = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(sarif.render(report)))


def test_sarif() -> None:
    run = json.loads(sarif.render(REPORT))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    results = run["results"]
    assert [result["level"] for result in results] == ["warning", "error", "error", "note", "error"]
    for result in results:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    locations = [result["locations"][0]["physicalLocation"] for result in results]
    assert locations[0]["artifactLocation"] == {"uri": "a.yaml", "uriBaseId": "%SRCROOT%"}
    assert locations[0]["region"] == {"startLine": 2, "startColumn": 20, "endLine": 2, "endColumn": 23}
    assert locations[3]["artifactLocation"]["uri"] == "dir%20with%20space/%C3%BC.yaml"
    # No made-up line 1, and no source root for what lies under none.
    assert locations[4] == {"artifactLocation": {"uri": "/abs/b.yaml"}}
    fingerprints = [result["partialFingerprints"]["w2vExplore/v1"] for result in results]
    assert len(set(fingerprints)) == len(fingerprints)


def test_fingerprints_stay_when_lines_move() -> None:
    moved = LintReport(problems=[entry._replace(place=entry.place._replace(line=99)) for entry in REPORT.problems])
    before, after = (json.loads(gitlab.render(report)) for report in (REPORT, moved))
    assert [entry["fingerprint"] for entry in before] == [entry["fingerprint"] for entry in after]


GITLAB_SCHEMA = {
    # As GitLab's documentation of the Code Quality report states it.
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("report", REPORTS)
def test_gitlab(report: LintReport) -> None:
    entries = json.loads(gitlab.render(report))
    jsonschema.validate(entries, GITLAB_SCHEMA)
    found = [*report.unreadable, *report.problems]
    assert [entry["description"] for entry in entries] == [entry.message for entry in found]
    fingerprints = [entry["fingerprint"] for entry in entries]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize("report", REPORTS)
def test_junit(report: LintReport) -> None:
    root = ElementTree.fromstring(junit.render(report))
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [*report.files, *[entry.path for entry in report.unreadable]]
    cases = root.findall("testsuite/testcase")
    failures = root.findall("testsuite/testcase/failure")
    assert len(failures) == len(report.problems) == int(root.get("failures", "-1"))
    assert len(cases) == int(root.get("tests", "-1"))
    for suite in suites:
        assert int(suite.get("tests", "-1")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "-1")) == len(suite.findall("testcase/failure"))
    assert all(case.get("name") and case.get("classname") for case in cases)
    assert [failure.get("type") for failure in failures] == [
        entry.rule.severity for name in report.files for entry in report.problems if entry.place.path == name
    ]


@pytest.mark.parametrize("report", REPORTS)
def test_junit_follows_the_schema_of_jenkins(report: LintReport) -> None:
    xmlschema.XMLSchema(DATA / "junit-10.xsd").validate(junit.render(report))


def test_a_clean_file_is_a_passing_case() -> None:
    root = ElementTree.fromstring(junit.render(REPORT))
    (clean,) = [suite for suite in root if suite.get("name") == "clean.yaml"]
    assert [case.find("failure") for case in clean] == [None]


def parse_command(line: str) -> tuple[str, dict[str, str], str]:
    """What GitHub's runner makes of a workflow command: split at the first ::, unescape properties, then data."""
    match = re.fullmatch(r"::(\w+)(?: ([^:]*(?:%3A[^:]*)*))?::(.*)", line)
    assert match is not None, line
    command, properties, message = match.groups()

    def unescape(text: str, *, is_property: bool) -> str:
        if is_property:
            text = text.replace("%3A", ":").replace("%2C", ",")
        return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

    pairs = [pair.split("=", 1) for pair in properties.split(",")]
    return (
        command,
        {name: unescape(value, is_property=True) for name, value in pairs},
        unescape(message, is_property=False),
    )


def test_github_commands_are_parsed_back() -> None:
    *lines, summary, last = github.render(REPORT).split("\n")
    assert (summary, last) == ("3 errors and 1 warning and 1 advice in 4 files (2 files passed over)", "")
    parsed = [parse_command(line) for line in lines]
    assert [command for command, _, _ in parsed] == ["error", "error", "error", "warning", "notice"]
    assert parsed[0] == (
        "error",
        {"title": "E234 heads-divide", "file": "a.yaml", "line": "3", "endLine": "3", "col": "20", "endColumn": "23"},
        "50 % of a: b,\nand \\x01 <&> 😀",
    )
    assert parsed[2][1] == {"title": "E234 heads-divide", "file": "/abs/b.yaml"}


def test_json() -> None:
    document = json.loads(json_format.render(REPORT))
    assert document["schema_version"] == 1
    assert document["summary"] == {"files": 4, "skipped": 2, "errors": 3, "warnings": 1, "advice": 1}
    assert document["problems"][2] == {
        "code": "E234",
        "name": "heads-divide",
        "severity": "error",
        "path": "a.yaml",
        "line": 3,
        "column": 20,
        "end_line": 3,
        "end_column": 23,
        "key": "k",
        "message": "wrong",
        "fix": "8",
    }
    assert document["problems"][4]["line"] is None


def test_text() -> None:
    lines = text.render(REPORT).splitlines()
    assert lines[:4] == [
        "a.yaml",
        "  2:20: warning W305 norm-pairing: wrong",
        "     2 | encoder_layer_norm_first: true",
        "       |                    ^^^",
    ]
    assert lines[-1] == "3 errors and 1 warning and 1 advice in 4 files (2 files passed over)"
    assert "\x1b" not in text.render(REPORT)
    assert "\x1b[31merror\x1b[0m" in text.render(REPORT, colour=True)


def test_text_without_problems() -> None:
    assert text.render(LintReport(files=["a", "b"])) == "No problems in 2 files\n"


def test_whoever_reads_the_report_alone_sees_what_could_not_be_read() -> None:
    suites = ElementTree.fromstring(junit.render(UNREAD))
    assert suites.get("errors") == "2"
    assert suites.get("tests") == "3"
    assert next(error.get("message") for error in suites.iter("error")) == "cannot read ü, 1.yaml: Permission denied"
    [invocation] = json.loads(sarif.render(UNREAD))["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        entry.message for entry in UNREAD.unreadable
    ]
    entries = json.loads(gitlab.render(UNREAD))
    assert [entry["location"]["path"] for entry in entries] == ["ü, 1.yaml", "conf"]
    assert len({entry["fingerprint"] for entry in entries}) == 2
    commands = github.render(UNREAD).splitlines()[:2]
    assert commands[0] == "::error title=not checked,file=ü%2C 1.yaml::cannot read ü, 1.yaml: Permission denied"
    assert parse_command(commands[1])[2] == "no model config\nlies"
    assert UNREAD.sentence() == "No problems in 1 file; 2 could not be checked"


def test_a_run_that_read_all_succeeded() -> None:
    [invocation] = json.loads(sarif.render(REPORT))["runs"][0]["invocations"]
    assert invocation == {"executionSuccessful": True}
