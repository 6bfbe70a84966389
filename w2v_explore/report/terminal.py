"""Drawing reports on a terminal with rich; in a pipe or a file the tables have no colour and their full width."""

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from w2v_explore.encoding import fit, printable
from w2v_explore.report.layout import lay_out, wrap
from w2v_explore.report.table import Cell, Change, Lines, Report, Table

_PIPED_WIDTH = 10_000


def stdout_console() -> Console:
    """A console for results. A pipe has no width, so nothing is cut there unless COLUMNS asks for it."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(width=width, highlight=False, emoji=False, markup=False)


def stderr_console() -> Console:
    """A console for what goes beside the results, as wide as `stdout_console` would be."""
    width = None if sys.stderr.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(width=width, highlight=False, emoji=False, markup=False, stderr=True)


def print_reports(reports: Sequence[Report], console: Console) -> None:
    """Draw reports below one another."""
    for number, report in enumerate(reports):
        if number:
            console.print()
        print_report(report, console)


def print_report(report: Report, console: Console) -> None:
    """Draw a report."""
    _print_text(report.heading, "bold", console)
    for line in report.lines:
        _print_text(line, "", console)
    for table in report.tables:
        console.print()
        print_table(table, console)
    if report.picture is not None:
        # Where NO_COLOR is set rich still knows which colours there would be.
        colour = console.color_system is not None and not console.no_color
        print("", report.picture(console.width, colour), sep="\n", file=console.file)
    for what, command in report.commands:
        console.print()
        _print_text(f"{what}:", "dim", console)
        lines = _break_command(command, console.width)
        _print([Text(fit(line, console.encoding)) for line in lines], console)


def print_table(table: Table, console: Console) -> None:
    """Draw a table, and say which of its columns are not shown."""
    table = _fit_table(table, console.encoding)
    if table.title:
        _print_text(table.title, "bold", console)
    layout = lay_out(table, console.width)
    _print(layout.lines, console)
    if table.remark:
        for line in table.remark.lines if isinstance(table.remark, Lines) else [table.remark]:
            _print_text(line, "dim", console)
    if layout.left_out:
        headings = ", ".join(dict.fromkeys(layout.left_out))
        _print_text(
            f"Left out at this width: {headings}; a wider terminal or a pipe (| cat) shows all.", "dim", console
        )


def _print_text(text: str, style: str, console: Console) -> None:
    _print([Text(line, style) for line in wrap(fit(text, console.encoding), console.width)], console)


def _break_command(text: str, width: int) -> list[str]:
    """A command in lines that a shell reads as one: it is broken before options alone."""
    # Imported only where there is a command.
    import shlex

    groups: list[str] = []
    for word in shlex.split(text):
        if groups and not word.startswith("--"):
            groups[-1] += f" {shlex.quote(word)}"
        else:
            groups.append(shlex.quote(word))
    lines = groups[:1]
    for group in groups[1:]:
        if len(f"{lines[-1]} {group} \\") <= width:
            lines[-1] += f" {group}"
        else:
            lines[-1] += " \\"
            lines.append(f"  {group}")
    return lines


def _fit_table(table: Table, encoding: str) -> Table:
    """The table with ASCII for what an encoding lacks, made before it is laid out; bars keep their widths anyway."""
    return Table(
        title=table.title,
        columns=[column._replace(heading=fit(column.heading, encoding)) for column in table.columns],
        rows=[[_fit_cell(cell, encoding) for cell in row] for row in table.rows],
        remark=table.remark,
    )


def _fit_cell(cell: Cell, encoding: str) -> Cell:
    if isinstance(cell, Lines):
        return "\n".join(fit(line, encoding) for line in cell.lines)
    if isinstance(cell, Change):
        return Change(fit(cell.amount, encoding), fit(cell.percent, encoding))
    return fit(cell, encoding) if isinstance(cell, str) else cell


def _print(lines: Sequence[Text], console: Console) -> None:
    """Print lines that are laid out already, as they are."""
    # A line break may have put at the beginning what CI would take for a command.
    lines = [Text(printable(line.plain)) if line.plain.lstrip().startswith("::") else line for line in lines]
    with console.capture() as capture:
        console.print(Text("\n").join(lines), no_wrap=True, overflow="ignore", crop=False)
    for line in capture.get().split("\n")[:-1]:
        print(line.rstrip(), file=console.file)
