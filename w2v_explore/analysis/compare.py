"""`compare`: what differs between configs, in their fields and in their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.config.schema import FIELDS

Number = int | float

COMPONENTS = {
    "feature_extractor": "feature_extractor",
    "feature_projection": "encoder.feature_projection",
    "positional_convolution": "encoder.transformer.pos_conv_embed",
    "transformer_layers": "encoder.transformer.layers",
    "aux": "aux",
}
"""The parts of a model that are compared, and their module paths."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of every config."""

    values: tuple[Number, ...]

    @property
    def deltas(self) -> tuple[Number, ...]:
        """Each value less the first."""
        return tuple(value - self.values[0] for value in self.values)

    @property
    def ratios(self) -> tuple[float | None, ...]:
        """Each value over the first; None where the first is 0."""
        first = self.values[0]
        return tuple(value / first if first else None for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Configs side by side; the first is what the others are held against.

    Attributes:
        analyses: The configs' figures.
        differences: The values of each field in which they differ.
        metrics: The figures by name.
    """

    analyses: tuple[Analysis, ...]
    differences: dict[str, tuple[Any, ...]]
    metrics: dict[str, Metric]

    @property
    def identical(self) -> bool:
        """Whether all 16 fields are equal in all configs."""
        return not self.differences


def compare(analyses: Sequence[Analysis], measured: Mapping[str, Sequence[Number]] | None = None) -> Comparison:
    """Two or more analyses against the first of them.

    Args:
        analyses: In the order of the columns.
        measured: Figures that come from a device, by name, one value per analysis.
    """
    models = [analysis.config.model for analysis in analyses]
    fields = [model.to_mapping() for model in models]
    differences = {
        name: tuple(values[name] for values in fields)
        for name in FIELDS
        if any(values[name] != fields[0][name] for values in fields)
    }
    if all(model.conv_layers == models[0].conv_layers for model in models):
        # Null and the seven layers that it stands for are the same.
        differences.pop("extractor_conv_layer_config", None)
    columns = [_figures(analysis) for analysis in analyses]
    metrics = {name: Metric(tuple(column[name] for column in columns)) for name in columns[0]}
    metrics |= {name: Metric(tuple(values)) for name, values in (measured or {}).items()}
    return Comparison(analyses=tuple(analyses), differences=differences, metrics=metrics)


def compare_layers(analyses: Sequence[Analysis], depth: int) -> dict[str, tuple[Metric, Metric]]:
    """Parameters and MACs of every module down to a depth, by path; 0 where a config has no such module."""
    columns = [{row.path: row for row in unfold(analysis.layers) if row.depth <= depth} for analysis in analyses]
    paths = dict.fromkeys(path for column in columns for path in column)
    return {
        path: (
            Metric(tuple(column[path].parameters if path in column else 0 for column in columns)),
            Metric(tuple(column[path].macs.total if path in column else 0 for column in columns)),
        )
        for path in paths
    }


def _figures(analysis: Analysis) -> dict[str, Number]:
    field = analysis.receptive_field
    sample_rate = analysis.workload.sample_rate
    figures: dict[str, Number] = {
        "parameters": analysis.parameters,
        "parameter_bytes": analysis.parameter_bytes,
        "macs": analysis.macs.total,
        "flops": analysis.flops,
        "macs_per_audio_second": analysis.macs_per_audio_second,
        **{f"macs.{kind}": macs for kind, macs in analysis.macs._asdict().items()},
        "extractor.receptive_field_samples": field.receptive_field_samples,
        "extractor.stride_samples": field.stride_samples,
        "extractor.minimum_samples": field.minimum_samples,
        "extractor.frame_rate_hz": field.frame_rate_hz(sample_rate),
        "extractor.frames": field.frames,
    }
    by_path = {row.path: row for row in analysis.layers}
    for component, path in COMPONENTS.items():
        row = by_path.get(path)
        figures[f"{component}.parameters"] = row.parameters if row else 0
        figures[f"{component}.macs"] = row.macs.total if row else 0
    return figures
