"""The page of `latency`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.table import Report
from w2v_explore.results.result import Result


def latency_page(results: Sequence[Result], reports: Sequence[Report]) -> Page:
    """The page on what was measured.

    Args:
        results: Of each config at each duration.
        reports: What is said of them.
    """
    configs = list({id(each.analysis.config): each.analysis.config for each in results}.values())
    return Page(", ".join(distinct_names(configs)), configs, [section_of(report) for report in reports])
