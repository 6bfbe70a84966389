"""Drawing reports on a terminal with rich; off a terminal the same tables without colour, at their full width."""

import os
import sys
from collections.abc import Sequence

from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from w2v_explore.encoding import fit
from w2v_explore.report.table import Cell, Difference, Report, Share, Table

_PIPED_WIDTH = 10_000
_NARROW = 100
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def stdout_console() -> Console:
    """A console for results. A pipe has no width, so nothing is cut there unless COLUMNS asks for it."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(width=width, highlight=False, emoji=False, markup=False)


def stderr_console() -> Console:
    """A console for what goes beside the results, under the same rule."""
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
    _print(Text(fit(report.heading, console.encoding), style="bold"), console)
    for line in report.lines:
        _print(Text(fit(line, console.encoding)), console)
    for table in report.tables:
        _print(Text(), console)
        _print_table(table, console)


def _print_table(table: Table, console: Console) -> None:
    table = _fit_table(table, console.encoding)
    if table.title:
        _print(Text(table.title, style="bold"), console)
    narrow = console.width < _NARROW
    bar_width = 3 if narrow else 12
    has_headings = any(column.heading for column in table.columns)
    drawn = RichTable(
        box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0), header_style="dim", show_header=has_headings
    )
    # Where even that is too wide, everything wraps: nothing is ever cut off.
    fits = _least_width(table, bar_width) <= console.width
    for column in table.columns:
        justify: JustifyMethod = "right" if column.numeric else "left"
        drawn.add_column(column.heading, justify=justify, no_wrap=fits and not column.wraps, overflow="fold")
    for row in table.rows:
        drawn.add_row(*[_draw(cell, bar_width) for cell in row])
    _print(drawn, console)
    if table.remark:
        _print(Text(table.remark, style="dim"), console)


def _fit_table(table: Table, encoding: str) -> Table:
    """The table with what an encoding lacks written otherwise before it is laid out; bars keep their widths anyway."""
    return Table(
        title=fit(table.title, encoding),
        columns=[column._replace(heading=fit(column.heading, encoding)) for column in table.columns],
        rows=[[fit(cell, encoding) if isinstance(cell, str) else cell for cell in row] for row in table.rows],
        remark=table.remark and fit(table.remark, encoding),
    )


def _least_width(table: Table, bar_width: int) -> int:
    """The width at which only the columns that may wrap have to."""
    width = len(table.columns) - 1
    for number, column in enumerate(table.columns):
        texts = [column.heading, *[_draw(row[number], bar_width).plain for row in table.rows]]
        if column.wraps:
            texts = [word for text in texts for word in text.split()]
        width += max(map(len, texts), default=0)
    return width


def _print(drawn: RenderableType, console: Console) -> None:
    """Print without the blanks that fill the last column."""
    with console.capture() as capture:
        console.print(drawn)
    for line in capture.get().splitlines():
        print(line.rstrip(), file=console.file)


def _draw(cell: Cell, bar_width: int) -> Text:
    if isinstance(cell, Share):
        return Text.assemble(f"{cell!s:>7} ", (_bar(cell.fraction, bar_width), "cyan"))
    if isinstance(cell, Difference):
        return Text.assemble(f"{cell!s:>8} ", (_two_sided_bar(cell.length, bar_width), "cyan"))
    return Text(cell)


def _bar(fraction: float, width: int) -> str:
    """A bar of at most ``width`` characters, to an eighth of one."""
    eighths = round(max(0.0, min(fraction, 1.0)) * width * 8)
    return _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _two_sided_bar(length: float, width: int) -> str:
    """A bar to the left of an axis for less, to its right for more, to half a character."""
    halves = round(min(abs(length), 1.0) * width * 2)
    whole, half = "█" * (halves // 2), halves % 2
    if length < 0:
        return f"{('▐' if half else '') + whole:>{width}}│"
    return f"{'':{width}}│{whole}{'▌' if half else ''}"
