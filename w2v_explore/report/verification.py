"""What `verify` says: a table for each source, with its figures beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from w2v_explore.analysis.figures import FIGURES
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import exact, signed_exact
from w2v_explore.report.workload import describe_features, describe_workload

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.verify import Finding, Verification

_LABELS = {
    **{
        name: f"{figure.label}, {figure.unit}" if figure.unit in ("samples", "bytes") else figure.label
        for name, figure in FIGURES.items()
    },
    "state_dict.tensors": "tensors",
    "state_dict.unlike": "unlike in name, shape or place",
    "modules.unlike": "module outputs unlike in shape",
    "extractor.utterance_samples": "reach: the utterance, samples",
    "extractor.frame_start_samples": "first sample of the frame",
    "memory.checkpointed_bytes": "with checkpoints, bytes",
    "autocast.kept_bytes": "kept by training, bytes",
    "autocast.cast_weight_bytes": "casts of weights, bytes",
    "autocast.checkpointed_bytes": "with checkpoints, bytes",
}


def verification_report(verification: Verification) -> Report:
    """The report on the audit of one config."""
    findings = verification.findings
    analysis, config = verification.analysis, verification.analysis.config
    changes = [describe_origin(config)] if config.changes else []
    lines = [
        *changes,
        describe_workload(analysis),
        *describe_features(analysis),
        *describe_reading(config),
        _verdict(findings),
    ]
    by_source = groupby(findings, key=lambda finding: finding.source)
    return Report(
        f"{verification.analysis.config.name}: {'every figure holds' if verification.agrees else 'DOES NOT HOLD'}",
        lines,
        [_table(source, group) for source, group in by_source],
    )


def count_findings(findings: Sequence[Finding]) -> tuple[int, int, int]:
    """How many figures are equal, how many different for a known reason, and how many unexplained."""
    known = sum(finding.agrees and finding.difference != 0 for finding in findings)
    unexplained = sum(not finding.agrees for finding in findings)
    return len(findings) - known - unexplained, known, unexplained


def _verdict(findings: Sequence[Finding]) -> str:
    equal, known, unexplained = count_findings(findings)
    return f"{len(findings)} figures: {equal} equal, {known} different for a known reason, {unexplained} unexplained"


def _table(source: str, findings: Iterable[Finding]) -> Table:
    columns = [
        Column("Figure", numeric=False, wraps=True),
        Column("Closed form"),
        Column("Theirs"),
        Column("Difference", priority=1),
        Column("Why", numeric=False, wraps=True, priority=2),
    ]
    table = Table(f"Source: {source}", columns)
    for finding in findings:
        difference = signed_exact(finding.difference) if finding.difference else "="
        figures = exact(finding.closed_form), exact(finding.theirs), difference
        table.rows.append((_label(finding.figure), *figures, finding.why or ""))
    return table


def _label(figure: str) -> str:
    """What a table calls a figure; MACs by their kind alone, since the table's title says the rest."""
    return _LABELS.get(figure) or figure.rpartition(".")[2]
