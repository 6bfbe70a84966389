"""The page of `compare`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.analysis.figures import figure_named
from w2v_explore.report.html.page import Page, Part, Tile, section_of
from w2v_explore.report.html.pictures.waterfall import WATERFALLS, waterfall_pictures
from w2v_explore.report.html.sliders import workload_sliders
from w2v_explore.report.table import Report
from w2v_explore.report.units import figure_text, signed
from w2v_explore.results.result import Result


def compare_page(results: Sequence[Result], comparison: Comparison, reports: Sequence[Report]) -> Page:
    """The page on what differs between configs.

    Args:
        results: The figures of each.
        comparison: What differs.
        reports: The one report on it.
    """
    configs = [result.analysis.config for result in results]
    [report] = reports
    parts: list[Part] = [*waterfall_pictures(comparison)]
    if len(results) > 1:  # a config and a baseline, which is of one workload, are not compared over another
        parts += workload_sliders([result.analysis for result in results])
    section = section_of(report, parts, list(_tiles(comparison)))
    return Page(", ".join(comparison.names), configs, [section])


def _tiles(comparison: Comparison) -> Iterator[Tile]:
    """By how much the figures that matter most differ between two configs; of more the tables tell."""
    for name in WATERFALLS if len(comparison.names) == 2 else ():
        metric = comparison.metrics.get(name)
        if metric is not None:  # a baseline of an older version lacks it
            figure, (first, last) = figure_named(name), metric.values
            write = figure_text(figure.unit)
            yield Tile(figure.label, signed(last - first, write), f"{write(first)} → {write(last)}")
