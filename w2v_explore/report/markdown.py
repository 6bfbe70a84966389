"""Reports as GitHub-flavoured Markdown, fit for a pull request."""

from collections.abc import Sequence

from w2v_explore.encoding import fit
from w2v_explore.report.table import Report, Table


def report_markdown(reports: Sequence[Report]) -> str:
    """Each report under a heading of the second level, each table under one of the third."""
    return "\n".join(_report(report) for report in reports)


def _report(report: Report) -> str:
    parts = [f"## {_escape(report.heading)}", *map(_escape, report.lines), *map(_table, report.tables)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [f"### {_escape(table.title)}", ""]
    lines.append(_row([column.heading for column in table.columns]))
    lines.append(_row(["---:" if column.numeric else ":---" for column in table.columns]))
    lines += [_row([_escape(str(cell)) for cell in row]) for row in table.rows]
    if table.remark:
        lines += ["", _escape(table.remark)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape(text: str) -> str:
    """Leave nothing in a cell that Markdown or HTML would take for markup, and keep the indent of a tree."""
    text = fit(text)
    for character in "\\|*_`<>[]":
        text = text.replace(character, f"\\{character}")
    indent = len(text) - len(text.lstrip(" "))
    return "&nbsp;" * indent + text.replace("\n", " ").lstrip(" ")
