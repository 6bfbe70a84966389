"""What `compare --changed-since` says, beside each comparison: what is new, and what cannot be compared."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.report.markdown import report_markdown
from w2v_explore.report.overview import overview_report
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.results.changed import ChangedConfigs
from w2v_explore.results.result import Result

# GitHub shows nothing of a job summary of more than 1 MiB; what else the step writes has the rest.
MAX_SUMMARY_BYTES = 1_000_000
# For the report on what is left out.
_NOTICE_BYTES = 1_000


def changed_reports(
    changed: ChangedConfigs, report_of: Callable[[Sequence[Result], Comparison], Report]
) -> list[Report]:
    """A report on each config beside what it was, then on new configs, then on the other files; none where none is.

    Args:
        changed: What differs.
        report_of: Makes the report on a config beside what it was.
    """
    reports = [report_of(*each) for each in changed.compared]
    if changed.new:
        reports.append(overview_report(changed.new)._replace(heading=f"New since {changed.since}"))
    if changed.left_out or changed.num_others:
        reports.append(_left_out_report(changed))
    return reports


def summary_reports(
    changed: ChangedConfigs, report_of: Callable[[Sequence[Result], Comparison], Report]
) -> list[Report]:
    """As `changed_reports`, as many as GitHub takes in a job summary; before them what is left out, where it is.

    Args:
        changed: What differs.
        report_of: Makes the report on a config beside what it was.
    """
    reports = changed_reports(changed, report_of)
    if _size(reports) <= MAX_SUMMARY_BYTES:
        return reports
    comparisons, lists = reports[: len(changed.compared)], reports[len(changed.compared) :]
    # A row for each file says more of all than the tables of a few: up to half of the room is theirs.
    shown = [_with_fewer_rows(report, MAX_SUMMARY_BYTES // 4) for report in lists]
    ends = list(accumulate([_size([report]) + 1 for report in comparisons], initial=_size(shown) + _NOTICE_BYTES))
    num_shown = max(0, bisect_right(ends, MAX_SUMMARY_BYTES) - 1)
    left = [(len(comparisons) - num_shown, len(comparisons), "comparisons")]
    for whole, part in zip(lists, shown, strict=True):
        left.append((_num_rows(whole) - _num_rows(part), _num_rows(whole), f"rows of “{whole.heading}”"))
    told = ", ".join(f"{number:,} of {total:,} {what}" for number, total, what in left if number)
    notice = f"Left out: {told}. A job summary of GitHub holds 1 MiB at most; --format json has all of it."
    return [Report("Not all is shown", [notice], []), *comparisons[:num_shown], *shown]


def _size(reports: Sequence[Report]) -> int:
    """How many bytes of Markdown reports are."""
    return len(report_markdown(reports).encode(errors="replace"))


def _with_fewer_rows(report: Report, most_bytes: int) -> Report:
    """The report with as many rows of its only table as there is room for."""

    def cut(number: int) -> Report:
        return report._replace(tables=[replace(table, rows=table.rows[:number]) for table in report.tables])

    sizes = range(_num_rows(report) + 1)
    return cut(max(0, bisect_right(sizes, most_bytes, key=lambda number: _size([cut(number)])) - 1))


def _num_rows(report: Report) -> int:
    return sum(len(table.rows) for table in report.tables)


def _left_out_report(changed: ChangedConfigs) -> Report:
    table = Table("Files", [Column("File", numeric=False, wraps=True), Column("Why", numeric=False, wraps=True)])
    table.rows += [(entry.path, entry.reason) for entry in changed.left_out]
    return Report("Not compared", _count_others(changed.num_others), [table] if table.rows else [])


def _count_others(number: int) -> Sequence[str]:
    if not number:
        return []
    return [
        "1 file that differs is no valid config of a model, before or after."
        if number == 1
        else f"{number} files that differ are no valid configs of a model, before or after."
    ]
