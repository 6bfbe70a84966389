"""What `convert` says it did with each field."""

from collections.abc import Sequence

from w2v_explore.config.dialects.conversion import Row
from w2v_explore.diagnostics import shorten
from w2v_explore.report.table import Cell, Column, Lines, Report, Table
from w2v_explore.report.units import is_field_list, listed, scalar

_MAX_NAME = 100
_STATUSES = ("refused", "unread", "mapped", "defaulted", "ignored")


def conversion_report(heading: str, rows: Sequence[Row], source: str, target: str, verbose: bool) -> Report:
    """What became of each field; ignored fields are counted by subject, and listed where ``verbose`` asks for it."""
    by_status = {status: [row for row in rows if row.status == status] for status in _STATUSES}
    shown = [status for status in _STATUSES if by_status[status] or status != "unread"]
    lines = [", ".join(f"{len(by_status[status])} {status}" for status in shown)]
    tables = [_fields_table(status, by_status[status], source, target) for status in ("mapped", "defaulted")]
    tables += [_table("Refused", by_status["refused"], source, "Why")]
    tables += [_table("Unread, and may change the architecture", by_status["unread"], source, "Why")]
    ignored = by_status["ignored"]
    if ignored and verbose:
        tables.append(_table("Ignored, without effect on the architecture", ignored, source, "It is about"))
    elif ignored:
        lines.append(f"ignored, without effect on the architecture: {_summary(ignored)}; --verbose lists them")
    return Report(heading, lines, [table for table in tables if table.rows])


def _fields_table(status: str, rows: Sequence[Row], source: str, target: str) -> Table:
    columns = [Column(source, False, True), Column(target, False, True), Column("Value", False, True)]
    if any(row.note for row in rows):
        columns.append(Column("Whose default" if status == "defaulted" else "Note", False, True))
    table = Table(status.capitalize(), columns)
    for row in rows:
        table.rows.append(
            (_one_a_line(row.source or "–"), _one_a_line(row.target or "–"), _value(row.value), row.note)[
                : len(columns)
            ]
        )
    return table


def _table(title: str, rows: Sequence[Row], source: str, why: str) -> Table:
    table = Table(title, [Column(source, False, True), Column("Value", False, True), Column(why, False, True)])
    # A column is as wide as its longest name.
    table.rows += [(shorten(row.source, _MAX_NAME), _value(row.value), row.note) for row in rows]
    return table


def _summary(rows: Sequence[Row]) -> str:
    groups: dict[str, int] = {}
    for row in rows:
        groups[row.note] = groups.get(row.note, 0) + 1
    return ", ".join(f"{note} ({count})" for note, count in groups.items())


def _one_a_line(listed: str) -> Lines:
    *above, last = listed.split(", ")
    return Lines(*[f"{each}," for each in above], last)


def _value(value: object) -> Cell:
    if isinstance(value, list) and value and is_field_list(value):
        return _one_a_line(listed(value))
    text = scalar(value) if value is None or isinstance(value, (bool, int, float)) else str(value) or "''"
    return shorten(text)
