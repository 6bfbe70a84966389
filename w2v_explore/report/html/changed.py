"""The page of `compare --changed-since`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.report.html.compare import compare_page
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.table import Report
from w2v_explore.results.changed import ChangedConfigs


def changed_page(changed: ChangedConfigs, reports: Sequence[Report]) -> Page:
    """The page on what became of configs: what `compare` shows of each, then what is new and what is left out.

    Args:
        changed: What differs.
        reports: What is said of it, first of each config that is compared.
    """
    pages = [compare_page(*each, [report]) for each, report in zip(changed.compared, reports, strict=False)]
    new = [result.analysis.config for result in changed.new]
    return Page(
        f"{'Configs that differ' if reports else 'No config differs'} from {changed.since}",
        [*[config for page in pages for config in page.configs], *new],
        [*[section for page in pages for section in page.sections], *map(section_of, reports[len(pages) :])],
    )
