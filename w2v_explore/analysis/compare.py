"""`compare`: what differs between configs, in their fields and in their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.figures import Number, component_figures, total_figures
from w2v_explore.config.schema import FIELDS


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
    fields = [analysis.config.model.to_mapping() for analysis in analyses]
    differences = {
        name: tuple(values[name] for values in fields)
        for name in FIELDS
        if any(values[name] != fields[0][name] for values in fields)
    }
    columns = [total_figures(analysis) | component_figures(analysis) for analysis in analyses]
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
