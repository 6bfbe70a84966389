"""Linting a text, as the tests of the rules do."""

from __future__ import annotations

from pathlib import Path

from w2v_explore.config.document import Document, parse_document
from w2v_explore.config.source import Source, read_file
from w2v_explore.diagnostics import Problem
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings

Found = tuple[str, "int | None", "int | None"]

BASE = "extends: base\n"
CONV = "extractor_conv_layer_config"
_ERRORS = Settings(select=("E",))


def found(text: str | bytes) -> list[Found]:
    """Code, line and column of every error, all of them in the file itself."""
    document = _parse(text)
    problems = lint_document(document, _ERRORS)
    assert all(problem.place.path == document.source.name for problem in problems)
    return [(problem.rule.code, problem.place.line, problem.place.column) for problem in problems]


def marked(text: str | bytes) -> list[str]:
    """What every error underlines, from its place to its end."""
    document = _parse(text)
    return [_extract(document.text, problem) for problem in lint_document(document, _ERRORS)]


def messages(text: str | bytes) -> list[str]:
    """Every error as it is printed."""
    return [str(problem) for problem in lint_document(_parse(text), _ERRORS)]


def found_in(path: Path) -> list[tuple[str, str, int | None, int | None]]:
    """As `found`, for a file whose errors may stand in the files it extends: each with the file's name."""
    problems = lint_document(parse_document(read_file(str(path))), _ERRORS)
    return [
        (Path(problem.place.path).name, problem.rule.code, problem.place.line, problem.place.column)
        for problem in problems
    ]


def _parse(text: str | bytes) -> Document:
    return parse_document(Source("c.yaml", text.encode() if isinstance(text, str) else text))


def _extract(text: str, problem: Problem) -> str:
    _, line, column, end_line, end_column = problem.place
    if line is None or column is None or end_line is None or end_column is None:
        return ""
    lines = text.split("\n")[line - 1 : end_line]
    lines[-1] = lines[-1][: end_column - 1]
    lines[0] = lines[0][column - 1 :]
    return "\n".join(lines)
