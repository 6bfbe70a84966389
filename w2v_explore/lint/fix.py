"""Repairing what has one right answer, byte for byte but for what is wrong."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore.config.document import parse_document
from w2v_explore.config.text.nodes import encode
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Problem, Rule
from w2v_explore.encoding import printable
from w2v_explore.files.write import rewrite_atomically
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings

# A repair can bring the next to light: a field gets its name, then its value is looked at.
_MAX_PASSES = 10
_FLAGS = ("true", "false", "null")


class Fixed(NamedTuple):
    """A source with every repair made that there is.

    Attributes:
        source: The same source where there is none.
        rules: How many problems of each rule were repaired.
    """

    source: Source
    rules: Counter[Rule]


def fix_source(source: Source, settings: Settings, dialect: str | None = None) -> Fixed:
    """Make every repair that there is."""
    rules: Counter[Rule] = Counter()
    for _ in range(_MAX_PASSES):
        document = parse_document(source, dialect)
        problems = [problem for problem in lint_document(document, settings) if problem.place.path == source.name]
        text, repaired = fix_text(document.text, problems)
        if text == document.text:
            break
        rules.update(problem.rule for problem in repaired)
        source = Source(source.name, encode(text, source.content), source.path)
    return Fixed(source, rules)


def fix_text(text: str, problems: Sequence[Problem]) -> tuple[str, list[Problem]]:
    """The text with each problem's ``fix`` put in its place, and the problems; of two that overlap, the first."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    edits = []
    for problem in problems:
        place = problem.place
        if problem.fix is None or place.line is None or place.column is None:
            continue
        if place.end_line is None or place.end_column is None:
            continue
        start, end = starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1
        edits.append((start, end, _quoted_as(text[start:end], problem.fix), problem))
    fixed, repaired, position = [], [], 0
    for start, end, replacement, problem in sorted(edits, key=lambda edit: edit[:3]):
        if start >= position:
            fixed += [text[position:start], replacement]
            repaired.append(problem)
            position = end
    return "".join([*fixed, text[position:]]), repaired


def _quoted_as(old: str, new: str) -> str:
    """A word keeps the quotes of what it replaces: JSON has no other. Numbers, flags and lists have none."""
    quote = old[:1]
    return f"{quote}{new}{quote}" if quote in ("'", '"') and new.isidentifier() and new not in _FLAGS else new


def unified_diff(before: str, after: str, name: str) -> Iterator[str]:
    """The lines of a diff that `patch` takes: a last line without a newline is marked, and only a newline ends one."""
    # Imported only where there is something to repair.
    import difflib

    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    for line in difflib.unified_diff(old, new, _quoted_name(name), _quoted_name(f"{name} (fixed)")):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted_name(name: str) -> str:
    """A file's name as git and `patch` quote it where a line of a diff cannot have it as it is."""
    if printable(name) == name and not name.startswith('"'):
        return name
    escaped = [
        chr(byte) if 0x20 <= byte < 0x7F and chr(byte) not in '"\\' else f"\\{byte:03o}" for byte in os.fsencode(name)
    ]
    return f'"{"".join(escaped)}"'


def write_source(source: Source) -> None:
    """Put a repaired file in the place of the old one, whole or not at all.

    Raises:
        SourceError: The folder cannot be written to.
    """
    assert source.path is not None
    rewrite_atomically(source.path, source.content)
