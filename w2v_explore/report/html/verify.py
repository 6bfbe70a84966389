"""The page of `verify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, Tile, section_of
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import exact
from w2v_explore.report.verification import count_findings

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.verify import Finding, Verification


def verify_page(verifications: Sequence[Verification], reports: Sequence[Report]) -> Page:
    """The page on an audit.

    Args:
        verifications: What was found of each config.
        reports: What is said of each.
    """
    configs = [each.analysis.config for each in verifications]
    sections = [
        section_of(report._replace(tables=[_together(report.tables, found.findings)]), tiles=_tiles(found))
        for report, found in zip(reports, verifications, strict=True)
    ]
    return Page(", ".join(distinct_names(configs)), configs, sections)


def _together(tables: Sequence[Table], findings: Sequence[Finding]) -> Table:
    """The tables of all sources as one, which a reader sorts and filters: a row for each finding."""
    *figures, why = tables[0].columns
    together = Table("Figures", [*figures, Column("Source", numeric=False, wraps=True), why])
    rows = [row for table in tables for row in table.rows]
    together.rows += [(*row[:-1], finding.source, row[-1]) for row, finding in zip(rows, findings, strict=True)]
    return together


def _tiles(verification: Verification) -> list[Tile]:
    """How many figures hold."""
    findings = verification.findings
    equal, known, unexplained = count_findings(findings)
    return [
        Tile("figures", exact(len(findings)), f"by {len({each.source for each in findings})} sources"),
        Tile("equal", exact(equal), "to the integer"),
        Tile("different for a known reason", exact(known)),
        Tile("unexplained", exact(unexplained)),
    ]
