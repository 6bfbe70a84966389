"""`compare`: what differs between configs, in their fields and in their figures."""

import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from w2v_explore.analysis.analyze import Analysis, analyze, as_analysis
from w2v_explore.analysis.comparing.attribution import METHOD, Contribution, attribute
from w2v_explore.analysis.comparing.baseline import Baseline, load_baseline, require_same_workload
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.figures import (
    FIGURES,
    PRECISION_FIGURES,
    Number,
    component_figures,
    components_of,
    total_figures,
)
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import Config, ConfigLike, distinct_names
from w2v_explore.errors import ArgumentError, WorkloadError
from w2v_explore.version import SCHEMA_VERSION


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

    def to_dict(self) -> dict[str, Any]:
        """The figure in JSON (docs/json.md), as plain data."""
        return {"values": list(self.values), "delta": list(self.deltas), "ratio": list(self.ratios)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """Configs side by side; the first is what the others are held against.

    Attributes:
        analyses: The configs' figures.
        baseline: A saved summary that comes before them, and is the first then.
        differences: The values of each field in which they differ, and of ``sample_rate`` where that does.
        figures: All that is known of each config, by name.
        metrics: The figures that are known of all, one value per config.
        attributions: For each config but the first, what each changed field contributes to its differences; empty
            where no field differs, or nobody asked for it.
    """

    analyses: tuple[Analysis, ...]
    baseline: Baseline | None
    differences: dict[str, tuple[Any, ...]]
    figures: tuple[Mapping[str, Number], ...]
    metrics: dict[str, Metric]
    attributions: tuple[tuple[Contribution, ...], ...]

    @property
    def identical(self) -> bool:
        """Whether all fields and the sample rates are equal in all configs, and nothing else was left out of any."""
        return not self.differences and not any(self.not_counted)

    @property
    def not_counted(self) -> list[tuple[str, ...]]:
        """The fields that were left out of each config, in the order of the names."""
        configs = [analysis.config.not_counted for analysis in self.analyses]
        return [self.baseline.not_counted, *configs] if self.baseline else configs

    @property
    def names(self) -> list[str]:
        """The configs' names; where several have the same with their origins, or numbered where these are the same."""
        names = distinct_names([analysis.config for analysis in self.analyses])
        return [f"{self.baseline.name} (baseline)", *names] if self.baseline else names

    def __repr__(self) -> str:
        fields = "identical" if self.identical else f"different in {', '.join(self.differences)}"
        figures = zip(self.names, self.metrics["parameters"].values, strict=True)
        return f"<Comparison, {fields}: {', '.join(f'{name!r} {number:,} parameters' for name, number in figures)}>"

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The JSON document of ``compare`` (docs/json.md), as plain data; with a depth, every module down to it too."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "identical": self.identical,
            "baseline": self.baseline and self.baseline.to_dict(),
            "configs": [analysis.to_dict(depth) for analysis in self.analyses],
            "differences": {name: list(values) for name, values in self.differences.items()},
            "metrics": {name: metric.to_dict() for name, metric in self.metrics.items()},
            "attributions": [_attribution_document(contributions) for contributions in self.attributions],
        }
        if depth is not None:
            document["modules"] = {
                path: {"parameters": parameters.to_dict(), "macs": macs.to_dict()}
                for path, (parameters, macs) in self.modules(depth).items()
            }
        return document

    def modules(self, depth: int) -> dict[str, tuple[Metric, Metric]]:
        """Parameters and MACs of every module down to a depth, by path; 0 where a config has no such module."""
        columns = [
            {row.path: (row.parameters, row.macs.total) for row in unfold(analysis.layers, depth)}
            for analysis in self.analyses
        ]
        if self.baseline is not None:
            saved = self.baseline.layers.items()
            columns.insert(0, {path: (layer.parameters, layer.macs) for path, layer in saved if layer.depth <= depth})
        paths = dict.fromkeys(path for column in columns for path in column)
        return {
            path: (
                Metric(tuple([column.get(path, (0, 0))[0] for column in columns])),
                Metric(tuple([column.get(path, (0, 0))[1] for column in columns])),
            )
            for path in paths
        }


def _attribution_document(contributions: Sequence[Contribution]) -> dict[str, Any]:
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


def compare(
    configs: Sequence[Analysis | ConfigLike],
    measured: Mapping[str, Sequence[Number]] = MappingProxyType({}),
    baseline: Baseline | str | os.PathLike[str] | None = None,
    *,
    workload: Workload | None = None,
    attributed: bool = True,
) -> Comparison:
    """Hold two or more configs against the first of them, or any number against a baseline.

    Args:
        configs: In the order of the columns; each an analysis, or what `analyze` takes.
        measured: Figures that come from a device, by name, one value per config.
        baseline: The file of a saved ``summary --format json``, to be the first column; figures that it lacks are left
            out.
        workload: As in `analyze`.
        attributed: Whether to work out what each field contributes, which may take a second or two.

    Raises:
        ArgumentError: There is no config.
        WorkloadError: The analyses, or the baseline, are of different workloads.
        SourceError: The baseline is none.
        TypeError: An argument is of another type.
    """
    if isinstance(configs, str) or not isinstance(configs, Sequence):
        raise TypeError(f"configs is {kind_of(configs)}; give a list of configs")
    if not configs:
        raise ArgumentError("there is nothing to compare; give two configs or more")
    analyses = [as_analysis(config, workload) for config in configs]
    for analysis in analyses[1:]:
        _require_same_workload(analyses[0], analysis)
    if baseline is not None and not isinstance(baseline, Baseline):
        baseline = load_baseline(baseline)
    models = [analysis.config.model for analysis in analyses]
    components = components_of(models)
    columns = [
        total_figures(analysis)
        | component_figures(analysis, components)
        | {name: values[number] for name, values in measured.items()}
        for number, analysis in enumerate(analyses)
    ]
    if baseline is not None:
        for analysis in analyses:
            require_same_workload(baseline, analysis.workload)
        models.insert(0, baseline.model)
        columns.insert(0, baseline.figures)
    differences = _differences(models)
    workloads = [analysis.workload for analysis in analyses]
    if baseline is not None:
        workloads.insert(0, baseline.workload)
    rates = tuple(workload.sample_rate for workload in workloads)
    if len(set(rates)) > 1:
        differences["sample_rate"] = rates
    names = [name for name in columns[-1] if all(name in column for column in columns)]
    return Comparison(
        analyses=tuple(analyses),
        baseline=baseline,
        differences=differences,
        figures=tuple(columns),
        metrics={name: Metric(tuple([column[name] for column in columns])) for name in names},
        attributions=_attribute_all(analyses, baseline) if differences and attributed else (),
    )


def _differences(models: Sequence[ModelConfig]) -> dict[str, tuple[Any, ...]]:
    """The values of each field in which configs differ, and of ``architecture``; None for a field that one lacks."""
    architectures = tuple([model.family.name for model in models])
    differences: dict[str, tuple[Any, ...]] = {}
    if len(set(architectures)) > 1:
        differences["architecture"] = architectures
    values, meanings = [model.to_mapping() for model in models], [model.meaning() for model in models]
    for name in dict.fromkeys(name for model in models for name in model.FIELDS):
        if any(name not in each or each[name] != meanings[0].get(name) for each in meanings):
            differences[name] = tuple([each.get(name) for each in values])
    return differences


def _require_same_workload(first: Analysis, other: Analysis) -> None:
    one, two = first.workload, other.workload
    if not one.is_as_long_as(two) or one.differs_by != two.differs_by:
        raise WorkloadError(f"{first!r} and {other!r} are of different workloads; analyse both for the same")


def _attribute_all(analyses: Sequence[Analysis], baseline: Baseline | None) -> tuple[tuple[Contribution, ...], ...]:
    if baseline is None:
        told = told_apart(analyses[0].workload)
        return tuple(_only(told, attribute(analyses[0], other)) for other in analyses[1:])
    rate = baseline.workload.sample_rate
    config = Config(name=baseline.name, origin=baseline.path, model=baseline.model, sample_rate=rate)
    try:
        first = analyze(config, baseline.workload)
    except WorkloadError:
        return ()
    # Contributions come from today's formulas: they explain a saved figure where these give the same.
    same = {name for name, value in total_figures(first).items() if baseline.figures.get(name) == value}
    told = told_apart(baseline.workload) & same
    return tuple(_only(told, attribute(first, other)) for other in analyses)


def told_apart(workload: Workload) -> AbstractSet[str]:
    """The figures of which it is told what each field contributes.

    Of training in another precision than the dtype's it is not: under autocast what a part keeps goes by the types
    that other parts give it.
    """
    if workload.training_precision == workload.dtype:
        return FIGURES.keys()
    return FIGURES.keys() - PRECISION_FIGURES


def _only(names: AbstractSet[str], contributions: Sequence[Contribution]) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(fields, {name: value for name, value in figures.items() if name in names})
        for fields, figures in contributions
    )
