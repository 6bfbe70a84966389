"""The page of `summary`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, Part, section_of
from w2v_explore.report.html.pictures.cost_over_duration import cost_pictures
from w2v_explore.report.html.sliders import workload_sliders
from w2v_explore.report.html.structure import (
    inference_picture,
    receptive_field_pictures,
    step_picture,
    tree_picture,
)
from w2v_explore.report.html.tiles import result_tiles
from w2v_explore.report.table import Report
from w2v_explore.results.result import Result


def summary_page(results: Sequence[Result], reports: Sequence[Report]) -> Page:
    """The page on some configs.

    Args:
        results: Their figures.
        reports: What is said of them: where they are several an overview, then a report on each.
    """
    configs = [result.analysis.config for result in results]
    # Several configs have an overview, which stands before the reports on each.
    overview, each = reports[: len(reports) - len(results)], reports[-len(results) :]
    sections = [section_of(report) for report in overview]
    sections += [
        section_of(report, _pictures(result), result_tiles(result))
        for report, result in zip(each, results, strict=True)
    ]
    return Page(", ".join(distinct_names(configs)), configs, sections)


def _pictures(result: Result) -> list[Part]:
    """Where the costs are, what a frame sees, when layers ran if that was measured, and what the duration changes."""
    analysis = result.analysis
    pictures: list[Part] = [tree_picture(result), *receptive_field_pictures(analysis), inference_picture(analysis)]
    if analysis.workload.precision:
        pictures.append(step_picture(analysis, analysis.training))
    if result.measurement is not None:
        # Most summaries measure nothing.
        from w2v_explore.report.html.pictures.ledger import ledger_pictures

        pictures += ledger_pictures(result)
    return [*pictures, *cost_pictures(analysis), *workload_sliders([analysis])]
