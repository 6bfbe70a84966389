"""What `compare` and `sensitivity` say, as plain data (docs/json.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.comparing.attribution import METHOD
from w2v_explore.analysis.documents import analysis_document, config_and_workload
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which import this module, or are handed in
    from w2v_explore.analysis.comparing.attribution import Contribution
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison, Metric
    from w2v_explore.analysis.comparing.sensitivity import Sensitivity


def comparison_document(comparison: Comparison, depth: int | None = None) -> dict[str, Any]:
    """The configs as `analysis_document` has them, and what differs; with a depth, every module down to it too."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "identical": comparison.identical,
        "baseline": baseline_document(comparison.baseline),
        "configs": [analysis_document(analysis, depth) for analysis in comparison.analyses],
        "differences": {name: list(values) for name, values in comparison.differences.items()},
        "metrics": metrics_document(comparison),
        "attributions": [_attribution(contributions) for contributions in comparison.attributions],
    }
    if depth is not None:
        document["modules"] = {
            path: {"parameters": _metric(parameters), "macs": _metric(macs)}
            for path, (parameters, macs) in comparison.modules(depth).items()
        }
    return document


def metrics_document(comparison: Comparison) -> dict[str, Any]:
    """Each figure of every config, with its changes against the first."""
    return {name: _metric(metric) for name, metric in comparison.metrics.items()}


def _metric(metric: Metric) -> dict[str, Any]:
    return {"values": list(metric.values), "delta": list(metric.deltas), "ratio": list(metric.ratios)}


def baseline_document(baseline: Baseline | None) -> dict[str, Any] | None:
    """What a baseline is; None where there is none."""
    if baseline is None:
        return None
    return {
        "path": baseline.path,
        "name": baseline.name,
        "measured_on": baseline.measured_on,
        "not_counted": list(baseline.not_counted),
    }


def _attribution(contributions: Sequence[Contribution]) -> dict[str, Any]:
    return {
        "method": METHOD,
        "contributions": [
            {
                "fields": list(fields),
                "metrics": {
                    name: value.numerator if value.denominator == 1 else float(value) for name, value in figures.items()
                },
            }
            for fields, figures in contributions
        ],
    }


def sensitivity_document(sensitivity: Sensitivity) -> dict[str, Any]:
    """What one step in each argument of a config does."""
    return {
        **config_and_workload(sensitivity.analysis),
        "steps": [
            {
                "target": effect.change.target,
                "before": effect.change.before,
                "after": effect.change.after,
                "moves_along": effect.moves_along,
                "metrics": {
                    name: {"value": value, "delta": effect.deltas[name]} for name, value in effect.figures.items()
                },
            }
            for effect in sensitivity.effects
        ],
    }
