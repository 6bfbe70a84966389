"""``w2v-explore lint``."""

import os
import sys
from collections.abc import Sequence
from enum import Enum
from functools import partial
from importlib import import_module
from typing import Annotated, Literal, TextIO

import typer

from w2v_explore.cli import options
from w2v_explore.cli.exit_codes import ANSWER_IS_NO, DEFECT, PLEA, WRONG_QUESTION
from w2v_explore.cli.streams import do_each, print_bytes, say, wants_colour
from w2v_explore.config.text.source import MAX_BYTES
from w2v_explore.diagnostics import Severity
from w2v_explore.encoding import ERRORS, printable
from w2v_explore.errors import SourceError
from w2v_explore.lint.discovery import STDIN
from w2v_explore.lint.paths import PortablePaths
from w2v_explore.lint.pyproject import Project, load_project
from w2v_explore.lint.report import LintReport
from w2v_explore.lint.run import LintRun
from w2v_explore.lint.settings import settings_of

# A defect may fail on every file: standard error names this many of them, and the formats all.
_MAX_DEFECTS = 10

app = typer.Typer(add_completion=False)

_REPAIR = "Repair"


class Format(str, Enum):
    """How the problems are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"
    SARIF = "sarif"
    JUNIT = "junit"


class FailOn(str, Enum):
    """The least severity that fails."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@app.command()
def lint(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH...]", help="Files, folders, globs, or - for standard input."),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help="How to write the problems; repeatable; by default text, or what the CI reads.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where the format of the same position goes, - for standard output; repeatable.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", metavar="CODES", help="Rules to run, as E,W3; E,W by default.", rich_help_panel=options.CHECKS
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore", metavar="CODES", help="Rules to leave out, as W303,W304.", rich_help_panel=options.CHECKS
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            "--fail-on", help="The least severity that fails; warning by default.", rich_help_panel=options.CHECKS
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Repair what has one right answer, and say what; of -, print it repaired.",
            rich_help_panel=_REPAIR,
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --fix would do, and do not do it.", rich_help_panel=_REPAIR)
    ] = False,
    show_files: Annotated[
        bool,
        typer.Option(
            "--show-files",
            help="List what is linted and what is passed over, with the reason.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = False,
    allow_empty: Annotated[
        bool,
        typer.Option(
            "--allow-empty", help="Let a folder or a glob without any config pass.", rich_help_panel=options.CHECKS
        ),
    ] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Count the problems of each rule.", rich_help_panel=options.OUTPUT)
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            help="How long clips are: they have to give a frame, and hold a mask.",
            rich_help_panel=options.CHECKS,
        ),
    ] = None,
    stdin_filename: Annotated[
        str,
        typer.Option(
            "--stdin-filename", metavar="NAME", help="What reports call standard input.", rich_help_panel=options.OUTPUT
        ),
    ] = "<stdin>",
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Find the mistakes in configs that torch and torchaudio accept silently, or fail on late."""
    project = load_project(os.getcwd())
    least: Severity | None = fail_on.value if fail_on else None
    settings = settings_of(
        project, select=select, ignore=ignore, fail_on=least, seconds=seconds, allow_unknown=allow_unknown
    )
    names = paths or list(project.paths)
    gives_back = fix and STDIN in names
    targets = _targets(formats or [Format.TEXT] * gives_back, outputs or [], project)
    if gives_back and any(output is None and format is not Format.TEXT for format, output in targets):
        raise typer.BadParameter("standard output has what --fix makes of standard input; give --format an --output")
    if fix and diff:
        raise typer.BadParameter("give --fix or --diff, not both")
    if diff and (formats or outputs):
        raise typer.BadParameter("--diff prints the diff alone; give it without --format and --output")
    repair: Literal["write", "show"] | None = "write" if fix else "show" if diff else None
    run = LintRun(project, settings, stdin_filename, repair, options.name_of(dialect))
    if not names:
        raise typer.BadParameter("name a file or a folder, or set paths in [tool.w2v-explore] of pyproject.toml")
    report = run.check_all(names, allow_empty)
    if report.repaired_stdin is not None:
        # Whatever is refused from here on: who sends a text through gets one back.
        _give_back(report.repaired_stdin)
    _spare_read(report, targets)
    is_text = (Format.TEXT, None) in targets and not diff
    # Beside what is repaired, words go to standard error.
    words = sys.stderr if gives_back or not is_text else sys.stdout
    if show_files:
        _show_files(report, words)
    unread, failed = len(report.unreadable), len(report.defects)
    for entry in report.unchecked()[: unread + _MAX_DEFECTS]:
        say(f"error: {entry.message}")
    if failed > _MAX_DEFECTS:
        say(f"error: so it is with {failed - _MAX_DEFECTS} more files")
    if diff:
        print(_shown_diff(report.diffs) if sys.stdout.isatty() else "".join(report.diffs), end="")
    else:
        if not is_text:
            say(*report.repairs())
        _write(report, targets, statistics, words)
    if report.defects:
        # One traceback is enough to begin with.
        sys.stdout.flush()
        say(*report.defects[0].traceback.split("\n"), PLEA)
        raise typer.Exit(DEFECT)
    if report.unreadable:
        raise typer.Exit(WRONG_QUESTION)
    if report.diffs or any(settings.fails(problem.rule.severity) for problem in report.problems):
        raise typer.Exit(ANSWER_IS_NO)


def _targets(formats: Sequence[Format], outputs: Sequence[str], project: Project) -> list[tuple[Format, str | None]]:
    """Each format and the file it goes to; None is standard output."""
    if not formats:
        formats = [_usual_format(project)]
    if len(outputs) > len(formats):
        raise typer.BadParameter("each --output goes with a --format of its own")
    files = [None if output == "-" else output for output in outputs]
    targets: list[tuple[Format, str | None]] = list(zip(formats, files, strict=False))
    targets += [(format, None) for format in formats[len(outputs) :]]
    if sum(output is None for _, output in targets) > 1:
        raise typer.BadParameter("several formats cannot all go to standard output; give each an --output but one")
    real = [os.path.realpath(output) for _, output in targets if output is not None and not _is_device(output)]
    twice = next((output for output in real if real.count(output) > 1), None)
    if twice is not None:
        raise typer.BadParameter(f"two formats cannot go to one file, {os.path.relpath(twice)}; give each its own")
    return targets


def _is_device(output: str) -> bool:
    return os.path.exists(output) and not os.path.isfile(output)


def _spare_read(report: LintReport, targets: Sequence[tuple[Format, str | None]]) -> None:
    """Refuse to write a report over what it is about, before any other is written."""
    outputs = [output for _, output in targets if output is not None]
    if not outputs:
        return
    # Imported only where a file is written.
    from w2v_explore.files.write import require_unread

    try:
        for output in outputs:
            require_unread(output)
    except SourceError:
        # They are made by now.
        say(*report.repairs())
        raise


def _usual_format(project: Project) -> Format:
    if project.format is not None:
        if project.format not in set(Format):
            raise typer.BadParameter(f"pyproject.toml has the format {project.format}, which there is not")
        return Format(project.format)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return Format.GITHUB
    if os.environ.get("GITLAB_CI") == "true":
        return Format.GITLAB
    return Format.TEXT


def _shown_diff(diffs: Sequence[str]) -> str:
    """Diffs as a terminal shows them; `patch` gets them, from a pipe, byte for byte."""
    lines = "".join(diffs).split("\n")
    return "\n".join(["\t".join(map(printable, line.split("\t"))) for line in lines])


def _show_files(report: LintReport, stream: TextIO) -> None:
    for name in report.files:
        print(printable(f"{name}: linted"), file=stream)
    for path, reason in report.passed_over:
        print(printable(f"{path}: passed over, {reason}"), file=stream)
    for path, reason in report.not_searched:
        print(printable(f"{path}: not searched, {reason}"), file=stream)


def _give_back(content: bytes) -> None:
    """Print what was piped in, and is repaired; what is too long to be a config, as it came."""
    print_bytes(content)
    if len(content) > MAX_BYTES:
        while more := sys.stdin.buffer.read(MAX_BYTES):
            print_bytes(more)


def _write(report: LintReport, targets: Sequence[tuple[Format, str | None]], statistics: bool, words: TextIO) -> None:
    to_stdout_first = sorted(targets, key=lambda target: target[1] is not None)
    do_each(*[partial(_write_one, report, format, output, words) for format, output in to_stdout_first])
    if statistics:
        for count, problem in report.statistics():
            say(f"{count:>6}  {problem.rule.code} {problem.rule.name}")


def _write_one(report: LintReport, format: Format, output: str | None, words: TextIO) -> None:
    # People read paths where they stand; programs, in one form wherever they are started.
    shown = report if format is Format.TEXT else report.renamed(PortablePaths().of)
    render = import_module(f"w2v_explore.lint.formats.{format.value}").render
    if output is not None:
        from w2v_explore.files.write import write_atomically

        write_atomically(output, render(shown).encode(errors=ERRORS))
    elif format is Format.TEXT:
        print(render(shown, colour=wants_colour(words)), end="", file=words)
    else:
        print(render(shown), end="")
