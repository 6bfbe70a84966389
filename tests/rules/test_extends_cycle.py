"""E261 extends-cycle."""

from pathlib import Path

import pytest

from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import read_file
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings


def found(name: str) -> list[str]:
    problems = lint_document(parse_document(read_file(name)), Settings(select=("E261",)))
    return [str(problem.place) for problem in problems]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_that_extends_itself() -> None:
    Path("config.yaml").write_text("name: x\nextends: config.yaml\n")
    assert found("config.yaml") == ["config.yaml:2:10"]


def test_a_circle_of_two() -> None:
    Path("a.yaml").write_text("extends: b.yaml\n")
    Path("b.yaml").write_text("name: x\nextends: a.yaml\n")
    assert found("a.yaml") == ["b.yaml:2:10"]


def test_a_circle_through_a_link() -> None:
    Path("a.yaml").write_text("extends: link.yaml\n")
    Path("link.yaml").symlink_to("a.yaml")
    assert found("a.yaml") == ["a.yaml:1:10"]


def test_a_chain_that_ends() -> None:
    Path("a.yaml").write_text("extends: b.yaml\n")
    Path("b.yaml").write_text("extends: base\n")
    assert found("a.yaml") == []
