"""The formats of results, and a result in the format that was asked for, on standard output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from w2v_explore.report.table import Report


class Format(str, Enum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class ReportFormat(str, Enum):
    """How a result that is no table of figures is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class DataFormat(str, Enum):
    """How a result is written that nobody puts into a document."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.")]
DataFormatOption = Annotated[DataFormat, typer.Option("--format", help="How to write the result.")]
ReportFormatOption = Annotated[ReportFormat, typer.Option("--format", help="How to write the result.")]


def render(
    format: Format | ReportFormat | DataFormat,
    *,
    reports: Callable[[], Sequence[Report]],
    document: Callable[[], Any],
    csv: Callable[[], str] | None = None,
) -> None:
    """Print a result; only what its format needs is made and imported.

    Args:
        format: The one that was asked for.
        reports: Makes the words and tables, for a terminal and for Markdown.
        document: Makes the plain data, for JSON.
        csv: Makes the CSV; None for a command that does not offer it.
    """
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
        case _:
            from w2v_explore.report.terminal import print_reports, stdout_console

            print_reports(reports(), stdout_console())
