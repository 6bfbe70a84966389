"""The page of `memory`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.memory.costs import MemoryCosts
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.html.tiles import memory_tiles
from w2v_explore.report.table import Report


def memory_page(costs: Sequence[MemoryCosts], reports: Sequence[Report]) -> Page:
    """The page on the memory of some configs, each at one length or several.

    Args:
        costs: Of each config and length.
        reports: What is said of each config.
    """
    configs = list({id(each.analysis.config): each.analysis.config for each in costs}.values())
    # A report on several lengths has the figures of each side by side.
    tiles = [memory_tiles(each) for each in costs] if len(reports) == len(costs) else [[] for _ in reports]
    sections = [section_of(report, tiles=each) for report, each in zip(reports, tiles, strict=True)]
    return Page(", ".join(distinct_names(configs)), configs, sections)
