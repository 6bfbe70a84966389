"""The page of `latency`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, Picture, Tile, section_of
from w2v_explore.report.html.pictures.latency_curve import curve_picture
from w2v_explore.report.html.pictures.ledger import ledger_pictures
from w2v_explore.report.table import Report
from w2v_explore.report.units import duration
from w2v_explore.results.curve import latency_curves
from w2v_explore.results.result import Result, by_config


def latency_page(results: Sequence[Result], reports: Sequence[Report]) -> Page:
    """The page on what was measured.

    Args:
        results: Of each config at each duration, all of a config together.
        reports: What is said of each config.
    """
    groups = by_config(results)
    configs = [group[0].analysis.config for group in groups]
    sections = [
        section_of(report, _pictures(group), _tiles(group)) for report, group in zip(reports, groups, strict=True)
    ]
    return Page(", ".join(distinct_names(configs)), configs, sections)


def _tiles(results: Sequence[Result]) -> list[Tile]:
    """The headline at each duration, and whether it is doubtful."""
    return [
        Tile(
            f"{result.analysis.workload.seconds:g} s of audio",
            duration(result.measurement.latency.end_to_end.median_s),
            f"real-time factor {result.measurement.latency.real_time_factor:.3g}"
            f"{', NOISY' if result.measurement.latency.noise.noisy else ''}",
        )
        for result in results
        if result.measurement is not None
    ]


def _pictures(results: Sequence[Result]) -> list[Picture]:
    """The curve of a config at several durations, and when the layers ran at the longest; no layers are compiled."""
    pictures = [curve_picture(curve) for curve in latency_curves(results)] if len(results) > 1 else []
    return [*pictures, *ledger_pictures(max(results, key=lambda result: result.analysis.workload.samples))]
