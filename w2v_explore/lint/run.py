"""A run of the linter over many files."""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal, SupportsFloat

from w2v_explore.arguments import kind_of, path_text
from w2v_explore.config.document import known_dialect, parse_document
from w2v_explore.config.entries import Document
from w2v_explore.config.text.source import Source, read_file, read_stdin
from w2v_explore.diagnostics import Problem, Rule, shorten
from w2v_explore.errors import ArgumentError, SourceError
from w2v_explore.files.read import note_file, unnoted
from w2v_explore.lint.belonging import reason_to_pass_over
from w2v_explore.lint.discovery import STDIN, Found, find_files, is_pattern, nothing_there, without_idle_patterns
from w2v_explore.lint.engine import examine_document, order
from w2v_explore.lint.paths import Identities, matches, tidy
from w2v_explore.lint.pyproject import Project, load_project
from w2v_explore.lint.report import Defect, LintReport, NotRead, PassedOver
from w2v_explore.lint.settings import Settings, settings_of

if TYPE_CHECKING:
    from w2v_explore.lint.fix import Fixed


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
        self._report = LintReport(repaired=Counter() if repair == "write" else None)
        self._identities = Identities()
        # By file: whether it is a config.
        self._checked: dict[tuple[str, str], bool] = {}
        self._fruitful: set[str] = set()
        # What one config hides of its base, another shows, and the base itself.
        self._shown: set[tuple[object, ...]] = set()
        self._hidden: dict[tuple[object, ...], Rule] = {}

    def check_all(self, paths: Sequence[str], allow_empty: bool = False) -> LintReport:
        """The report on all files that paths stand for.

        Args:
            paths: Files, folders, globs, and ``-``.
            allow_empty: Whether folders and patterns may lead to no config.
        """
        names = without_idle_patterns(paths) if allow_empty else paths
        files = list(find_files(names, self.complain, self.pass_by))
        if self._repairs == "write":
            self._repair_all(files)
        for found in files:
            self.check(found)
        if not allow_empty:
            self._complain_of_nothing(paths)
        return self.finish()

    def complain(self, path: str, message: str) -> None:
        """Note what could not be read or written, once, and go on: several searches come across one .gitignore."""
        entry = NotRead(path, message)
        if entry not in self._report.unreadable:
            self._report.unreadable.append(entry)

    def pass_by(self, path: str, reason: str) -> None:
        """Note what a search did not look at."""
        self._report.not_searched.append(PassedOver(path, reason))

    def check(self, found: Found) -> None:
        """Lint a file, or pass over it, once; what a search passed over is linted where it is named as well."""
        identity = self._identities.of(found.path)
        is_config = self._checked.get(identity)
        if is_config is None or not (is_config or found.searched):
            is_config = self._checked[identity] = self._check_or_note(found)
        if is_config:
            self._fruitful.add(found.source)
            if found.searched:
                note_file(found.path)

    def finish(self) -> LintReport:
        """The report, sorted."""
        self._report.problems.sort(key=order)
        # What a search passed over may have been named as well.
        linted = set(self._report.files)
        self._report.passed_over[:] = [entry for entry in self._report.passed_over if entry.path not in linted]
        self._report.hidden.update(rule for identity, rule in self._hidden.items() if identity not in self._shown)
        return self._report

    def _complain_of_nothing(self, names: Sequence[str]) -> None:
        """Note each folder and pattern that led to no config: most likely another one was meant."""
        said = {entry.path for entry in self._report.unreadable}
        for name in names:
            if name in self._fruitful or name in said or not (os.path.isdir(name) or is_pattern(name)):
                continue
            prefix = "" if tidy(name) == os.curdir else os.path.join(tidy(name), "")
            passed_over, ignored = (
                sum(entry.path.startswith(prefix) for entry in entries)
                for entries in (self._report.passed_over, self._report.not_searched)
            )
            seen = [f"{passed_over} passed over"] * bool(passed_over) + [f"{ignored} not searched"] * bool(ignored)
            why = f" ({', '.join(seen)}; --show-files says why)" if seen else ""
            self.complain(
                name, f"no model config lies in {name}{why}; name another folder, or allow that with --allow-empty"
            )

    def _check_or_note(self, found: Found) -> bool:
        """As `_check`, where the linter itself may fail: what it fails on is noted, and is no clean config."""
        try:
            return self._check(found)
        except Exception as error:
            self._note_defect(found, error)
            return True

    def _note_defect(self, found: Found, error: Exception) -> None:
        path = self._stdin_name if found.path == STDIN else found.path
        if any(entry.path == path for entry in self._report.defects):
            return
        # Imported only where there is one.
        import traceback

        # What it says may hold anything of the file, line breaks too.
        what = f"{type(error).__name__}: {shorten(str(error))!r}" if str(error) else type(error).__name__
        message = f"cannot check {path}: a defect in w2v-explore, {what}"
        lines = ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__), what]
        self._report.defects.append(Defect(path, message, "".join(lines)))

    def _check(self, found: Found) -> bool:
        """Whether a file is a config, once it has been linted or passed over."""
        try:
            source = self._read(found)
        except SourceError as error:
            self.complain(found.path, str(error))
            return True
        dialect = None if found.searched else self._dialect
        if self._repairs == "write" and found.path == STDIN:
            # Whatever comes of it, whoever piped a text in gets one back.
            self._report.repaired_stdin = source.content
        document = parse_document(source, dialect)
        reason = reason_to_pass_over(document) if found.searched else None
        if reason is not None:
            self._report.passed_over.append(PassedOver(source.name, reason))
            return False
        settings = self._settings_for(source.name)
        if self._repairs == "write" and found.path == STDIN:
            source = self._repair_stdin(source, settings, dialect)
            document = parse_document(source, dialect)
        elif self._repairs == "show":
            self._show_repair(source, document, settings, dialect)
        problems, hidden, counted = examine_document(document, settings)
        self._report.files.append(source.name)
        lines = document.text.splitlines() if problems else []
        for problem in problems:
            identity = self._identity(problem)
            if problem.place.path != source.name and self._settings_for(problem.place.path).ignores(problem.rule):
                if problem.rule.severity == "error":
                    self._hidden[identity] = problem.rule
            elif identity not in self._shown:
                self._shown.add(identity)
                self._report.problems.append(problem)
                self._keep_line(problem, source.name, lines)
        self._hidden.update((self._identity(problem), problem.rule) for problem in hidden)
        for rule in counted:
            self._report.hidden[rule] += 1
        return True

    def _identity(self, problem: Problem) -> tuple[object, ...]:
        """What makes two problems one: a fault of a base is found again with every config that extends it."""
        place = problem.place
        return (self._identities.of(place.path), *place[1:], problem.rule.code, problem.message)

    def _read(self, found: Found) -> Source:
        if found.path == STDIN:
            note_file(self._stdin_name)  # an editor's, whose text it is
            return read_stdin(self._stdin_name)
        # A search comes across former reports too, which the next may replace.
        with unnoted() if found.searched else nullcontext():
            return read_file(found.path)

    def _settings_for(self, name: str) -> Settings:
        if not self._project.per_path_ignores:
            return self._settings
        codes = [
            code
            for pattern, codes in self._project.per_path_ignores.items()
            if matches(name, pattern, self._project.folder)
            for code in codes
        ]
        return self._settings._replace(ignore=(*self._settings.ignore, *codes)) if codes else self._settings

    def _repair_stdin(self, source: Source, settings: Settings, dialect: str | None) -> Source:
        """Repair what was piped in, which whoever asked for it prints."""
        from w2v_explore.lint.fix import fix_source

        fixed = fix_source(source, settings, dialect)
        self._count_repairs(fixed)
        self._report.repaired_stdin = fixed.source.content
        return fixed.source

    def _count_repairs(self, fixed: "Fixed") -> None:
        assert self._report.repaired is not None
        self._report.repaired.update({(fixed.source.name, rule): count for rule, count in fixed.rules.items()})

    def _show_repair(self, source: Source, document: Document, settings: Settings, dialect: str | None) -> None:
        from w2v_explore.lint.fix import fix_source, unified_diff

        fixed = fix_source(source, settings, dialect).source
        if fixed.content == source.content:
            return
        self._report.diffs += unified_diff(document.text, parse_document(fixed, dialect).text, source.name)

    def _repair_all(self, files: Sequence[Found]) -> None:
        """Repair all files before any is linted: what extends a file is linted as that file is afterwards."""
        # Some repairs of a file show only once its base is repaired, so at most one pass a file.
        for _ in files:
            repaired = [self._repair_or_note(found) for found in files if _is_file(found.path)]
            if not any(repaired):
                break

    def _repair_or_note(self, found: Found) -> bool:
        """As `_repair`, where the linter itself may fail: the file is left as it is."""
        try:
            return self._repair(found)
        except Exception as error:
            self._note_defect(found, error)
            return False

    def _repair(self, found: Found) -> bool:
        """Whether a file was repaired."""
        from w2v_explore.lint.fix import fix_source, write_source

        try:
            source = self._read(found)
        except SourceError:
            # It is complained of where the file is linted.
            return False
        dialect = None if found.searched else self._dialect
        if found.searched and reason_to_pass_over(parse_document(source, dialect)) is not None:
            return False
        fixed = fix_source(source, self._settings_for(source.name), dialect)
        if fixed.source.content == source.content:
            return False
        try:
            write_source(fixed.source)
        except SourceError as error:
            self.complain(found.path, str(error))
            return False
        self._count_repairs(fixed)
        return True

    def _keep_line(self, problem: Problem, name: str, lines: Sequence[str]) -> None:
        place = problem.place
        if place.line is not None and place.path == name and place.line <= len(lines):
            self._report.lines[place.path, place.line] = lines[place.line - 1]


def _is_file(path: str) -> bool:
    """Whether it can be read twice, and written; a pipe cannot."""
    return path != STDIN and os.path.isfile(path)


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
        All problems; what cannot be read is in ``unreadable``, and what the linter itself fails on in ``defects``.

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
    for name in names:
        message = nothing_there(name)
        if message is not None:
            raise SourceError(message)
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, SupportsFloat)):
        raise TypeError(f"seconds is {kind_of(seconds)}; give a number")
    project = load_project(os.getcwd())
    settings = settings_of(project, select=select, ignore=ignore, seconds=seconds, allow_unknown=allow_unknown)
    return LintRun(project, settings, "<stdin>", None, known_dialect(dialect)).check_all(names)
