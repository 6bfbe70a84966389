"""The page of `search`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.html.pictures.scatter import scatter_pictures
from w2v_explore.report.table import Report
from w2v_explore.search.answer import Answer


def search_page(answer: Answer, reports: Sequence[Report]) -> Page:
    """The page on what was proposed.

    Args:
        answer: What was found.
        reports: The one report on it.
    """
    config = answer.question.space.config
    [report] = reports
    return Page(config.name, [config], [section_of(report, scatter_pictures(answer))])
