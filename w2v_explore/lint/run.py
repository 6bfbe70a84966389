"""A run of the linter over many files."""

import difflib
import fnmatch
import os
from collections.abc import Sequence
from typing import Literal

from w2v_explore.config.document import Document, parse_document
from w2v_explore.config.schema import FIELDS
from w2v_explore.config.source import Source, read_file, read_stdin
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import SourceError
from w2v_explore.lint.discovery import STDIN, Found
from w2v_explore.lint.engine import lint_document, order
from w2v_explore.lint.pyproject import Project
from w2v_explore.lint.report import LintReport
from w2v_explore.lint.settings import Settings


class LintRun:
    """Checks files one after the other; of each only its problems are kept.

    Args:
        project: What pyproject.toml says.
        settings: Which rules run.
        stdin_name: What reports call standard input.
        repair: What to do with what has one right answer: write it to the file, show it, or nothing.
        dialect: Whose configs the files that are named are; recognised by their content by default.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        stdin_name: str,
        repair: Literal["write", "show"] | None,
        dialect: str | None = None,
    ) -> None:
        self._dialect = dialect
        self._project, self._settings, self._stdin_name, self._repairs = project, settings, stdin_name, repair
        self._report = LintReport()
        self._seen: set[Problem] = set()

    def complain(self, message: str) -> None:
        """Note what could not be read or written, and go on."""
        self._report.unreadable.append(message)

    def check(self, found: Found) -> None:
        """Lint a file, or pass over it."""
        try:
            source = self._read(found.path)
        except SourceError as error:
            self.complain(str(error))
            return
        dialect = None if found.searched else self._dialect
        document = parse_document(source, dialect)
        if found.searched and not _is_config(document):
            self._report.skipped += 1
            return
        settings = self._settings_for(source.name)
        if self._repairs:
            document = self._repair(source, document, settings, dialect)
        self._report.files.append(source.name)
        problems = lint_document(document, settings)
        lines = document.text.splitlines() if problems else []
        for problem in problems:
            # A fault of a base is found again with every config that extends it.
            if problem not in self._seen:
                self._seen.add(problem)
                self._report.problems.append(problem)
                self._keep_line(problem, source.name, lines)

    def finish(self) -> LintReport:
        """The report, sorted."""
        self._report.problems.sort(key=order)
        return self._report

    def _read(self, path: str) -> Source:
        if path == STDIN:
            return read_stdin(self._stdin_name)
        return read_file(path)

    def _settings_for(self, name: str) -> Settings:
        if not self._project.per_path_ignores:
            return self._settings
        relative = os.path.relpath(name, self._project.folder)
        codes = [
            code
            for pattern, codes in self._project.per_path_ignores.items()
            if fnmatch.fnmatch(relative, pattern)
            for code in codes
        ]
        return self._settings._replace(ignore=(*self._settings.ignore, *codes)) if codes else self._settings

    def _repair(self, source: Source, document: Document, settings: Settings, dialect: str | None) -> Document:
        from w2v_explore.lint.fix import fix_source, write_source

        fixed = fix_source(source, settings, dialect)
        if fixed.content == source.content:
            return document
        repaired = parse_document(fixed, dialect)
        if self._repairs == "show":
            before, after = document.text.splitlines(keepends=True), repaired.text.splitlines(keepends=True)
            self._report.diffs += difflib.unified_diff(before, after, source.name, f"{source.name} (fixed)")
            return document
        if source.path is None:
            self.complain(f"cannot repair {source.name}: it is no file; --diff shows what would change")
            return document
        try:
            write_source(fixed)
        except OSError as error:
            self.complain(f"cannot write {source.name}: {error.strerror or error}")
            return document
        return repaired

    def _keep_line(self, problem: Problem, name: str, lines: Sequence[str]) -> None:
        place = problem.place
        if place.line is not None and place.path == name and place.line <= len(lines):
            self._report.lines[place.path, place.line] = lines[place.line - 1]


def _is_config(document: Document) -> bool:
    """Whether a file has to do with us: one that cannot be parsed does if it names a field.

    Of other programs' configs, those that state an architecture of the kind: a repository also holds many that do not.
    """
    if document.translation is not None:
        return document.translation.is_family
    if document.entries:
        return any(key in FIELDS for key in document.entries)
    return any(field in document.text for field in FIELDS)
