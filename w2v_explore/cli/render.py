"""The formats of results, and a result in the format that was asked for, on standard output or in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from enum import Enum
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.cli.options import OUTPUT

if TYPE_CHECKING:
    from pathlib import Path

    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report


class Format(str, Enum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class PageFormat(str, Enum):
    """How a result is written that is a page of its own too."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"
    HTML = "html"


class AuditFormat(str, Enum):
    """How a result that is no table of figures is written, and is a page of its own too."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class ReportFormat(str, Enum):
    """How a result that is no table of figures is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class DataFormat(str, Enum):
    """How a result is written that nobody puts into a document."""

    TABLE = "table"
    JSON = "json"


# What a file of such a name is taken for; of YAML are configs, which no result is.
_SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".yaml": "yaml",
    ".yml": "yaml",
}

AnyFormat = Format | PageFormat | AuditFormat | ReportFormat | DataFormat

PageFormatOption = Annotated[
    PageFormat, typer.Option("--format", help="How to write the result.", rich_help_panel=OUTPUT)
]
AuditFormatOption = Annotated[
    AuditFormat, typer.Option("--format", help="How to write the result.", rich_help_panel=OUTPUT)
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.", rich_help_panel=OUTPUT)]
DataFormatOption = Annotated[
    DataFormat, typer.Option("--format", help="How to write the result.", rich_help_panel=OUTPUT)
]
ReportFormatOption = Annotated[
    ReportFormat, typer.Option("--format", help="How to write the result.", rich_help_panel=OUTPUT)
]

OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write the result; - or none: standard output.",
        rich_help_panel=OUTPUT,
    ),
]


def check_output(output: str | None, format: AnyFormat) -> None:
    """Refuse a place for the result where it cannot be written, or is of no use, before anything is worked out.

    Args:
        output: The file that was asked for; ``-`` or None for standard output.
        format: Of the result.

    Raises:
        typer.BadParameter: It is a folder, in none, or named like what the result is not; or a page is for a terminal.
        SourceError: It may not be written.
    """
    if output is None or output == "-":
        if format.value == "html" and output is None and sys.stdout.isatty():
            raise typer.BadParameter(
                "--format html makes a page for a browser: give it a file, as --output report.html (- prints it)"
            )
        return
    # Imported only where a file is written.
    from pathlib import Path

    from w2v_explore.cli.pictures import require_output

    path = Path(output)
    named = _SUFFIXES.get(path.suffix.lower(), format.value)
    if named != format.value:
        has = named in [each.value for each in type(format)]
        advice = f"give --format {named}, or" if has else "give"
        raise typer.BadParameter(
            f"--output {output} would hold what --format {format.value} writes: {advice} a file of another name"
        )
    require_output("--output", path)


def spare(*outputs: str | Path | None) -> None:
    """Refuse to replace what was read by now, before work that takes a while; writing refuses it anyway.

    Args:
        outputs: Where files will be written; ``-`` or None for nowhere.

    Raises:
        SourceError: One of them was read.
    """
    for output in outputs:
        if output is not None and output != "-":
            # Imported only where a file is written.
            from w2v_explore.files.write import require_unread

            require_unread(str(output))


def render(
    format: AnyFormat,
    *,
    reports: Callable[[], Sequence[Report]],
    document: Callable[[], Any],
    csv: Callable[[], str] | None = None,
    page: Callable[[], Page] | None = None,
    output: str | None = None,
) -> None:
    """Print or write a result; only what its format needs is made and imported.

    Args:
        format: The one that was asked for.
        reports: Makes the words and tables, for a terminal and for Markdown.
        document: Makes the plain data, for JSON.
        csv: Makes the CSV; None for a command that does not offer it.
        page: Makes the page, for HTML; None for a command that does not offer it.
        output: The file that was asked for, which `check_output` has seen; ``-`` or None for standard output.

    Raises:
        SourceError: The file cannot be written, or was read.
    """
    if output is None or output == "-":
        _print(format, reports, document, csv, page)
        return
    from w2v_explore.files.write import write_atomically

    with redirect_stdout(StringIO()) as written:
        _print(format, reports, document, csv, page)
    write_atomically(output, written.getvalue().encode())


def _print(
    format: AnyFormat,
    reports: Callable[[], Sequence[Report]],
    document: Callable[[], Any],
    csv: Callable[[], str] | None,
    page: Callable[[], Page] | None,
) -> None:
    match format.value:
        case "json":
            from w2v_explore.encoding import dump_json

            print(dump_json(document()))
        case "csv":
            assert csv is not None
            print(csv(), end="")
        case "markdown":
            from w2v_explore.report.markdown import report_markdown

            print(report_markdown(reports()), end="")
        case "html":
            from w2v_explore.report.html.write import html_text

            assert page is not None
            print(html_text(page(), document(), ["w2v-explore", *sys.argv[1:]]), end="")
        case _:
            from w2v_explore.report.terminal import print_reports, stdout_console

            print_reports(reports(), stdout_console())
