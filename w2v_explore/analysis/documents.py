"""Results as plain data: raw figures in SI units, under names that other programs rely on (docs/json.md).

What a result's ``to_dict`` gives; the commands write it as JSON, with what was measured beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.analysis.presets.documents import nearest_document
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.analyze import Analysis


def analysis_document(analysis: Analysis, depth: int | None = None) -> dict[str, Any]:
    """Everything that is known of one config in closed form, its layers down to a depth, or all."""
    workload, field = analysis.workload, analysis.receptive_field
    span = field.positional_span_samples
    document = {
        **config_and_workload(analysis),
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


def config_and_workload(analysis: Analysis) -> dict[str, Any]:
    """What every document on a config starts with."""
    config, workload = analysis.config, analysis.workload
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "origin": config.origin,
            "architecture": config.model.family.name,
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
