"""What `compare` says of two or more configs, in words and tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compare import COMPONENTS, Comparison, Metric, Number, compare_layers
from w2v_explore.report.summary import describe_workload
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import conv_layers, duration, milliseconds, scalar, short, signed_percent, size_bytes


def comparison_report(comparison: Comparison, depth: int | None = None, measured: Sequence[Table] = ()) -> Report:
    """The report on configs side by side.

    Args:
        comparison: The configs' figures.
        depth: Levels of modules to compare, each equal layer by itself; None for the components.
        measured: What else a device told.
    """
    names = column_names(comparison.analyses)
    workloads = [describe_workload(analysis) for analysis in comparison.analyses]
    lines = list(dict.fromkeys(workloads))
    tables = [_totals(comparison, names), _extractor(comparison, names)]
    if depth is None:
        tables.append(_components(comparison, names, "parameters", "Parameters by component"))
        tables.append(_components(comparison, names, "macs", "MACs by component"))
    else:
        layers = compare_layers(comparison.analyses, depth)
        tables.append(_modules("Parameters by module", names, {path: both[0] for path, both in layers.items()}))
        tables.append(_modules("MACs by module", names, {path: both[1] for path, both in layers.items()}))
    if "latency.end_to_end.median_s" in comparison.metrics:
        tables.append(_components(comparison, names, "latency_s", "Latency by component (hooked passes)"))
    tables += measured
    if comparison.identical:
        lines.append("Identical: all 16 fields are equal.")
    else:
        tables.insert(0, _differences(comparison, names))
    return Report(" ↔ ".join(names), lines, tables)


def column_names(analyses: Sequence[Analysis]) -> list[str]:
    """The configs' names; numbered where several have the same."""
    names = [analysis.config.name for analysis in analyses]
    return [f"{name} ({number})" if names.count(name) > 1 else name for number, name in enumerate(names, start=1)]


def _differences(comparison: Comparison, names: Sequence[str]) -> Table:
    table = Table("Fields that differ", [Column("Field", numeric=False), *[Column(name, wraps=True) for name in names]])
    for field, values in comparison.differences.items():
        table.rows.append((field, *map(_field_text, values)))
    return table


def _field_text(value: Any) -> str:
    return conv_layers(value) if isinstance(value, list) else scalar(value)


def _totals(comparison: Comparison, names: Sequence[str]) -> Table:
    table = _figures("Totals", names)
    metrics = comparison.metrics
    _add(table, "parameters", metrics["parameters"], short)
    _add(table, "parameter bytes", metrics["parameter_bytes"], size_bytes)
    _add(table, "MACs", metrics["macs"], short)
    for kind in ("convolution", "linear", "attention"):
        _add(table, f"  {kind}", metrics[f"macs.{kind}"], short)
    _add(table, "FLOPs", metrics["flops"], short)
    _add(table, "MACs per second of audio", metrics["macs_per_audio_second"], short)
    if "latency.end_to_end.median_s" in metrics:
        _add(table, "latency (median)", metrics["latency.end_to_end.median_s"], duration)
        _add(table, "real-time factor", metrics["latency.real_time_factor"], "{:.3g}".format)
    return table


def _extractor(comparison: Comparison, names: Sequence[str]) -> Table:
    table = _figures("Feature extractor", names)
    metrics = comparison.metrics
    rate, *others = {analysis.workload.sample_rate for analysis in comparison.analyses}

    def in_ms(samples: Number) -> str:
        return milliseconds(int(samples), rate)

    for label, name in (
        ("receptive field", "receptive_field_samples"),
        ("stride", "stride_samples"),
        ("shortest input", "minimum_samples"),
    ):
        metric = metrics[f"extractor.{name}"]
        _add(table, f"{label}, samples", metric, "{:,}".format)
        if not others:
            _add(table, f"{label}, ms", metric, in_ms)
    _add(table, "frames per second", metrics["extractor.frame_rate_hz"], "{:g}".format)
    _add(table, "frames", metrics["extractor.frames"], "{:,}".format)
    return table


def _components(comparison: Comparison, names: Sequence[str], figure: str, title: str) -> Table:
    table = _figures(title, names)
    text = duration if figure == "latency_s" else short
    for component in COMPONENTS:
        metric = comparison.metrics[f"{component}.{figure}"]
        if any(metric.values):
            _add(table, component.replace("_", " "), metric, text)
    return table


def _modules(title: str, names: Sequence[str], metrics: Mapping[str, Metric]) -> Table:
    table = _figures(title, names)
    for path, metric in metrics.items():
        if any(metric.values):
            _add(table, path or "model", metric, short)
    return table


def _figures(title: str, names: Sequence[str]) -> Table:
    columns = [Column("Figure", numeric=False), Column(names[0], wraps=True)]
    for name in names[1:]:
        columns += [Column(name, wraps=True), Column("Change")]
    return Table(title, columns)


def _add(table: Table, label: str, metric: Metric, text: Callable[[Number], str]) -> None:
    cells = [label, text(metric.values[0])]
    for value, delta, ratio in zip(metric.values[1:], metric.deltas[1:], metric.ratios[1:], strict=True):
        cells += [text(value), _change(delta, ratio, text)]
    table.rows.append(cells)


def _change(delta: Number, ratio: float | None, text: Callable[[Number], str]) -> str:
    if not delta:
        return "="
    absolute = f"{'+' if delta > 0 else '−'}{text(abs(delta))}"
    return absolute if ratio is None else f"{absolute} ({signed_percent(ratio)})"
