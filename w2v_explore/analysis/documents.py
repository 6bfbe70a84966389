"""Results as plain data: raw figures in SI units, under names that other programs rely on (docs/json.md).

What a result's ``to_dict`` gives; the commands write it as JSON, with what was measured beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # what each document is made of, its command imports
    from w2v_explore.analysis.comparing.attribution import Contribution
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison, Metric
    from w2v_explore.analysis.presets.identify import Identity, Nearest


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
        from w2v_explore.analysis.comparing.compare import compare_layers

        document["modules"] = {
            path: {"parameters": _metric(parameters), "macs": _metric(macs)}
            for path, (parameters, macs) in compare_layers(comparison, depth).items()
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
    from w2v_explore.analysis.comparing.attribution import METHOD

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


def identity_document(identity: Identity) -> dict[str, Any]:
    """The preset that a config is nearest to."""
    config = identity.config
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "origin": config.origin,
            "not_counted": list(config.not_counted),
            "changes": [change._asdict() for change in config.changes],
        },
        "nearest_preset": nearest_document(identity.nearest),
    }


def nearest_document(nearest: Nearest) -> dict[str, Any]:
    """The preset, all that the config equals, and the fields that differ."""
    return {
        "name": nearest.preset,
        "equals": list(nearest.equals),
        "differences": {
            field: {"config": own, "preset": preset} for field, (own, preset) in nearest.differences.items()
        },
    }


def analysis_document(analysis: Analysis, depth: int | None = None) -> dict[str, Any]:
    """Everything that is known of one config in closed form, its layers down to a depth, or all."""
    workload, field = analysis.workload, analysis.receptive_field
    span = field.positional_span_samples
    document = {
        **subject(analysis),
        "nearest_preset": nearest_document(analysis.nearest_preset),
        "totals": {
            "parameters": analysis.parameters,
            "macs": analysis.macs.total,
            "macs_by_kind": analysis.macs._asdict(),
            "flops": analysis.flops,
            "parameter_bytes": analysis.parameter_bytes,
            "parameter_bytes_by_dtype": analysis.parameter_bytes_by_dtype,
            "macs_per_audio_second": analysis.macs_per_audio_second,
        },
        **_memory(analysis),
        "extractor": {
            "receptive_field_samples": field.receptive_field_samples,
            "stride_samples": field.stride_samples,
            "minimum_samples": field.minimum_samples,
            "frame_rate_hz": field.frame_rate_hz(workload.sample_rate),
            "normalizes_over_utterance": field.normalizes_over_utterance,
            "layers": [layer._asdict() for layer in field.layers],
        },
        "positional_convolution": None if span is None else {"span_samples": span},
        "layers": [_layer(row) for row in unfold(analysis.layers, depth)],
    }
    if depth is not None:
        document["depth"] = depth
    return document


def subject(analysis: Analysis) -> dict[str, Any]:
    """What every document on a config starts with."""
    config, workload = analysis.config, analysis.workload
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "origin": config.origin,
            "family": config.family,
            "description": config.description,
            "source": config.source,
            "published_parameters": config.published_parameters,
            "changes": [change._asdict() for change in config.changes],
            "sample_rate": config.sample_rate,
            "sample_rate_source": config.sample_rate_source,
            "not_counted": list(config.not_counted),
            "fields": config.model.to_mapping(),
        },
        "workload": {
            "batch": workload.batch,
            "samples": workload.samples,
            "sample_rate": workload.sample_rate,
            "seconds": workload.seconds,
            "frames": analysis.receptive_field.frames,
            "dtype": workload.dtype,
        },
    }


def _memory(analysis: Analysis) -> dict[str, Any]:
    inference, training = analysis.inference, analysis.training
    return {
        "memory": {
            "peak_activation_bytes": inference.peak_activation_bytes,
            "peak_path": inference.peak_path,
            "inference_bytes": inference.total_bytes,
            "kept_bytes": training.kept_bytes.greatest,
            "training_bytes": training.total_bytes(checkpointing=False),
        },
        "training": {"recipe": training.recipe.name, "expected_macs": training.macs.expected},
    }


def _layer(row: LayerFigures) -> dict[str, Any]:
    return {
        "path": row.path,
        "kind": row.kind,
        "depth": row.depth,
        "parameters": row.parameters,
        "macs": row.macs.total,
        "output_shape": list(row.output_shape),
    }
