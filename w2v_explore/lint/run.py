"""A run of the linter over many files."""

import difflib
import fnmatch
import os
from collections.abc import Sequence
from typing import Literal

from w2v_explore.arguments import kind_of, path_text
from w2v_explore.config.document import Document, parse_document
from w2v_explore.config.load import known_dialect
from w2v_explore.config.schema import FIELDS
from w2v_explore.config.source import Source, read_file, read_stdin
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import ArgumentError, SourceError
from w2v_explore.lint.discovery import STDIN, Found, find_files
from w2v_explore.lint.engine import lint_document, order
from w2v_explore.lint.pyproject import Project, load_project
from w2v_explore.lint.report import LintReport
from w2v_explore.lint.settings import Settings, settings_of


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

    def check_all(self, paths: Sequence[str]) -> LintReport:
        """The report on all files that paths stand for.

        Raises:
            SourceError: A path or pattern stands for nothing.
        """
        for found in find_files(paths, self.complain):
            self.check(found)
        return self.finish()

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


def lint_files(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    seconds: float | None = None,
    dialect: str | None = None,
    allow_unknown: bool = False,
) -> LintReport:
    """Check config files as ``w2v-explore lint`` does: what pyproject.toml says holds where nothing else is said.

    Args:
        paths: Files, folders and patterns; one or several.
        select: Codes of rules or their beginnings, as ``["E", "W3"]``; by default all errors and warnings.
        ignore: Codes of rules or their beginnings to leave out.
        seconds: A duration for which every config has to give a frame.
        dialect: Whose configs the files that are named are, as in `load_config`.
        allow_unknown: Whether fields of another program's config that are not known are warned of, and no error.

    Returns:
        All problems; what cannot be read is in ``unreadable``.

    Raises:
        ArgumentError: A code, the duration or the dialect is none.
        SourceError: A path stands for nothing, or pyproject.toml is wrong.
        TypeError: An argument is of another type.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    elif not isinstance(paths, Sequence):
        raise TypeError(f"{kind_of(paths)} is given for the files; give a path, or a list of several")
    names = [path_text(path, "a file to lint") for path in paths]
    if not names:
        raise ArgumentError("there is nothing to lint; name a file or a folder")
    for name, codes in (("select", select), ("ignore", ignore)):
        if isinstance(codes, str):
            raise TypeError(f"{name} is a text; give a list of codes, as ['E', 'W3']")
    project = load_project(os.getcwd())
    settings = settings_of(project, select=select, ignore=ignore, seconds=seconds, allow_unknown=allow_unknown)
    return LintRun(project, settings, "<stdin>", None, known_dialect(dialect)).check_all(names)


def _is_config(document: Document) -> bool:
    """Whether a file has to do with us: one that cannot be parsed does if it names a field.

    Of other programs' configs, those that state an architecture of the kind: a repository also holds many that do not.
    """
    if document.translation is not None:
        return document.translation.is_family
    if document.entries:
        return any(key in FIELDS for key in document.entries)
    return any(field in document.text for field in FIELDS)
