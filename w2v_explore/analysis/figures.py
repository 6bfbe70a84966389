"""The figures of a config by name: what is compared, attributed to fields, and held against conditions."""

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory import inference_memory
from w2v_explore.analysis.training import training_cost

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


def total_figures(analysis: Analysis) -> dict[str, Number]:
    """The figures of a model as a whole, all in closed form; docs/json.md has what each means."""
    field, workload = analysis.receptive_field, analysis.workload
    inference = inference_memory(analysis.architecture, workload)
    training = training_cost(analysis)
    return {
        "parameters": analysis.parameters,
        "parameter_bytes": analysis.parameter_bytes,
        "macs": analysis.macs.total,
        "flops": analysis.flops,
        "macs_per_audio_second": analysis.macs_per_audio_second,
        **{f"macs.{kind}": macs for kind, macs in analysis.macs._asdict().items()},
        "memory.peak_activation_bytes": inference.peak_activation_bytes,
        "memory.inference_bytes": inference.total_bytes,
        "memory.kept_bytes": int(training.kept_bytes.greatest),
        "memory.training_bytes": training.total_bytes(checkpointing=False),
        "training.expected_macs": training.macs.expected,
        "extractor.receptive_field_samples": field.receptive_field_samples,
        "extractor.stride_samples": field.stride_samples,
        "extractor.minimum_samples": field.minimum_samples,
        "extractor.frame_rate_hz": field.frame_rate_hz(workload.sample_rate),
        "extractor.frames": field.frames,
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
