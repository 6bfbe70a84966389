"""The page of `compare`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.html.sliders import workload_sliders
from w2v_explore.report.table import Report
from w2v_explore.results.result import Result


def compare_page(results: Sequence[Result], comparison: Comparison, reports: Sequence[Report]) -> Page:
    """The page on what differs between configs.

    Args:
        results: The figures of each.
        comparison: What differs.
        reports: What is said of it.
    """
    configs = [result.analysis.config for result in results]
    sliders = workload_sliders([result.analysis for result in results])
    return Page(", ".join(comparison.names), configs, [section_of(report, sliders) for report in reports])
