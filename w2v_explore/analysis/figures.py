"""The figures of a config by name: what is compared, attributed to fields, and held against conditions."""

from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.memory.training import recipe_of
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload

Number = int | float

COMPONENTS = {
    "feature_extractor": "feature_extractor",
    "feature_projection": "encoder.feature_projection",
    "positional_convolution": "encoder.transformer.pos_conv_embed",
    "transformer_layers": "encoder.transformer.layers",
    "aux": "aux",
}
"""The parts of a model that are compared, and their module paths."""

BUDGET_NAMES = {
    "peak_memory_bytes": "memory.inference_bytes",
    "receptive_field": "extractor.receptive_field_samples",
    "receptive_field_ms": "extractor.receptive_field_samples, in samples",
    "stride": "extractor.stride_samples",
    "stride_ms": "extractor.stride_samples, in samples",
}
"""What a config's ``budgets`` call some of the figures, and the figures."""


class Totals(NamedTuple):
    """What the figures of a model as a whole follow from; docs/json.md has what each means."""

    parameters: int
    macs: Macs
    peak_activation_bytes: int
    kept_bytes: int
    expected_macs: Number
    receptive_field_samples: int
    stride_samples: int
    minimum_samples: int
    frames: int


def total_figures(analysis: Analysis) -> dict[str, Number]:
    """The figures of a model as a whole, all in closed form; docs/json.md has what each means."""
    field, workload = analysis.receptive_field, analysis.workload
    training = analysis.training
    totals = Totals(
        parameters=analysis.parameters,
        macs=analysis.macs,
        peak_activation_bytes=analysis.inference.peak_activation_bytes,
        kept_bytes=int(training.kept_bytes.greatest),
        expected_macs=training.macs.expected,
        receptive_field_samples=field.receptive_field_samples,
        stride_samples=field.stride_samples,
        minimum_samples=field.minimum_samples,
        frames=field.frames,
    )
    return name_figures(totals, workload)


def name_figures(totals: Totals, workload: Workload) -> dict[str, Number]:
    """The figures of a model as a whole by their names."""
    parameter_bytes = totals.parameters * DTYPE_BYTES[workload.dtype]
    state_bytes = totals.parameters * recipe_of(workload.dtype).bytes_per_parameter
    macs = totals.macs.total
    return {
        "parameters": totals.parameters,
        "parameter_bytes": parameter_bytes,
        "macs": macs,
        "flops": 2 * macs,
        "macs_per_audio_second": macs / workload.audio_seconds,
        **{f"macs.{kind}": count for kind, count in totals.macs._asdict().items()},
        "memory.peak_activation_bytes": totals.peak_activation_bytes,
        "memory.inference_bytes": parameter_bytes + totals.peak_activation_bytes,
        "memory.kept_bytes": totals.kept_bytes,
        "memory.training_bytes": state_bytes + totals.kept_bytes,
        "training.expected_macs": totals.expected_macs,
        "extractor.receptive_field_samples": totals.receptive_field_samples,
        "extractor.stride_samples": totals.stride_samples,
        "extractor.minimum_samples": totals.minimum_samples,
        "extractor.frame_rate_hz": workload.sample_rate / totals.stride_samples,
        "extractor.frames": totals.frames,
    }


def component_figures(analysis: Analysis) -> dict[str, Number]:
    """Parameters and MACs of each component; 0 where a model has none such."""
    by_path = {row.path: row for row in analysis.layers}
    figures: dict[str, Number] = {}
    for component, path in COMPONENTS.items():
        row = by_path.get(path)
        figures[f"{component}.parameters"] = row.parameters if row else 0
        figures[f"{component}.macs"] = row.macs.total if row else 0
    return figures
