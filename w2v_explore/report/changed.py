"""What `compare --changed-since` says, beside each comparison: what is new, and what cannot be compared."""

from collections.abc import Callable, Sequence

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.report.overview import overview_report
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.results.changed import ChangedConfigs
from w2v_explore.results.result import Result


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
