"""A defect of the linter on one file: the file is named, all others are checked and printed, and the code is 3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.program import Runner
from w2v_explore import lint_files
from w2v_explore.lint.engine import _checks
from w2v_explore.lint.rules import frame_shift
from w2v_explore.lint.subject import Finding, Subject

GOOD = "extends: base\nsample_rate: 8000\n"
FORGED = "\n::error::forged"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "odd.yaml", "z.yaml"):
        Path(name).write_text(GOOD)
    return tmp_path


def break_rule(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let a rule fail on each file with ``odd`` in its name."""
    check = frame_shift.check

    def failing(subject: Subject) -> Iterator[Finding]:
        if "odd" in subject.document.source.name:
            raise error
        yield from check(subject)

    monkeypatch.setattr(frame_shift, "check", failing)
    _checks.cache_clear()


@pytest.fixture(autouse=True)
def forget_checks() -> Iterator[None]:
    """Which checks run is worked out once for a process."""
    yield
    _checks.cache_clear()


@pytest.mark.parametrize(
    "error",
    [
        OverflowError("too large" + FORGED),
        RecursionError(),
        MemoryError(),
        AssertionError(),
        UnicodeEncodeError("utf-8", "\udcff", 0, 1, "no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_others_are_checked_and_one_traceback_is_printed(
    run: Runner, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    Path("odd2.yaml").write_text(GOOD)
    break_rule(monkeypatch, error)
    finished = run("lint", ".")
    assert finished.code == 3
    assert [line for line in finished.out.splitlines() if line.endswith(".yaml")] == ["a.yaml", "z.yaml"]
    assert "4 warnings in 2 files; 2 could not be checked" in finished.out
    lines = finished.err.splitlines()
    for number, name in enumerate(("odd.yaml", "odd2.yaml")):
        assert lines[number].startswith(f"error: cannot check {name}: a defect in w2v-explore, {type(error).__name__}")
    assert finished.err.count("Traceback") == 1
    assert lines[-2].startswith(type(error).__name__)
    assert lines[-1] == "This is a defect in w2v-explore; please report it with the lines above."
    assert not any(line.startswith("::") for line in lines)


def test_every_format_says_so(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    break_rule(monkeypatch, ValueError("of the rule"))
    message = "cannot check odd.yaml: a defect in w2v-explore, ValueError: 'of the rule'"
    runs = {name: run("lint", ".", "--format", name) for name in ("json", "github", "gitlab", "sarif", "junit")}
    assert {finished.code for finished in runs.values()} == {3}
    document = json.loads(runs["json"].out)
    assert document["defects"] == [{"path": "odd.yaml", "message": message}]
    assert document["files"] == ["a.yaml", "z.yaml"]
    assert {problem["path"] for problem in document["problems"]} == {"a.yaml", "z.yaml"}
    assert f"::error title=not checked,file=odd.yaml::{message}" in runs["github"].out.splitlines()
    entry = json.loads(runs["gitlab"].out)[0]
    assert (entry["description"], entry["severity"], entry["location"]["path"]) == (message, "blocker", "odd.yaml")
    [invocation] = json.loads(runs["sarif"].out)["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    assert [entry["message"]["text"] for entry in invocation["toolExecutionNotifications"]] == [message]
    root = ElementTree.fromstring(runs["junit"].out)
    assert root.get("errors") == "1"
    assert [error.get("message") for error in root.iter("error")] == [message]


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_what_cannot_be_checked_is_not_repaired(run: Runner, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    broken = "extends: base\nencoder_layer_norm_first: yes\n"
    for name in ("a.yaml", "odd.yaml"):
        Path(name).write_text(broken)
    break_rule(monkeypatch, ZeroDivisionError())
    finished = run("lint", "a.yaml", "odd.yaml", option)
    assert finished.code == 3
    assert Path("odd.yaml").read_text() == broken
    assert (Path("a.yaml").read_text() == broken) is (option == "--diff")
    assert finished.err.count("cannot check odd.yaml") == 1


def test_a_report_is_not_written_over_a_config_that_could_not_be_checked(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_rule(monkeypatch, ValueError())
    assert run("lint", "odd.yaml", "--format", "json", "--output", "odd.yaml").code == 2
    assert Path("odd.yaml").read_text() == GOOD


def test_the_function_says_what_it_failed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    break_rule(monkeypatch, ValueError("x"))
    report = lint_files(["a.yaml", "odd.yaml"])
    assert report.files == ["a.yaml"]
    [defect] = report.defects
    assert defect.path == "odd.yaml"
    assert defect.traceback.endswith("ValueError: 'x'")


def test_what_ends_the_program_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    break_rule(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        lint_files(["odd.yaml"])


def test_a_defect_in_every_file_is_no_flood(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"odd{number}.yaml" for number in range(30)]
    for name in names:
        Path(name).write_text(GOOD)
    break_rule(monkeypatch, ValueError())
    finished = run("lint", *names, "--format", "json")
    assert finished.code == 3
    assert len(json.loads(finished.out)["defects"]) == 30
    assert finished.err.count("cannot check") == 10
    assert "\nerror: so it is with 20 more files\n" in finished.err
