"""The page of `verify`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.table import Report


def verify_page(analyses: Sequence[Analysis], reports: Sequence[Report]) -> Page:
    """The page on an audit.

    Args:
        analyses: What was audited.
        reports: What is said of each.
    """
    configs = [analysis.config for analysis in analyses]
    return Page(", ".join(distinct_names(configs)), configs, [section_of(report) for report in reports])
