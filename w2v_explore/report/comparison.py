"""What `compare` says of two or more configs, in words and tables."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from w2v_explore.analysis.comparing.attribution import BETWEEN_FAMILIES, METHOD, Contribution
from w2v_explore.analysis.comparing.compare import Comparison, Metric
from w2v_explore.analysis.figures import FIGURES, MEASURED, Figure, Number, components_of, figure_named
from w2v_explore.config.family import ARCHITECTURE
from w2v_explore.report.identity import describe_not_counted, describe_reading
from w2v_explore.report.table import Cell, Change, Column, Lines, Report, Table
from w2v_explore.report.units import (
    UNCHANGED,
    brief_text,
    field_value,
    figure_text,
    milliseconds,
    short,
    signed,
    signed_percent,
)
from w2v_explore.report.workload import describe_audio, describe_features, describe_workload


def comparison_report(
    comparison: Comparison,
    depth: int | None = None,
    measured: Sequence[Table] = (),
    *,
    hides_equal: bool = False,
) -> Report:
    """The report on configs side by side.

    Args:
        comparison: The configs' figures.
        depth: Levels of modules to compare, each equal layer by itself; None for the components.
        measured: Tables of what was measured.
        hides_equal: Whether figures that are equal in all configs are left out and counted.
    """
    names = comparison.names
    workloads = [describe_workload(analysis) for analysis in comparison.analyses]
    lines = list(dict.fromkeys(workloads))
    for name, analysis in zip(names[-len(workloads) :], comparison.analyses, strict=True):
        said = [*describe_features(analysis), *describe_reading(analysis.config)]
        lines += [f"{name}: {line}" for line in said]
    if comparison.baseline is not None:
        lines.append(describe_baseline(comparison))
    tables = [_totals(comparison, names), _extractor(comparison, names)]
    if depth is None:
        tables.append(_components(comparison, names, "parameters", "Parameters by component"))
        tables.append(_components(comparison, names, "macs", "MACs by component"))
    else:
        layers = comparison.modules(depth)
        tables.append(_modules("Parameters by module", names, {path: both[0] for path, both in layers.items()}))
        tables.append(_modules("MACs by module", names, {path: both[1] for path, both in layers.items()}))
    if not MEASURED.keys().isdisjoint(comparison.metrics):
        tables.append(_components(comparison, names, "latency_s", "Latency by component (hooked passes)"))
    if comparison.identical:
        lines.append(f"Identical: all {len(comparison.analyses[0].config.model.FIELDS)} fields are equal.")
    if hides_equal:
        tables, equal = _without_equal(tables)
        lines += equal
    tables = [*_attributions(comparison, names), *tables, *measured]
    if comparison.differences:
        tables.insert(0, _differences(comparison, names))
    return Report(" ↔ ".join(names), lines, tables)


def _without_equal(tables: Sequence[Table]) -> tuple[list[Table], list[str]]:
    """The tables of figures without rows that are equal in all configs, and a line on what is left out."""
    kept = [[row for row in table.rows if any(cell != UNCHANGED for cell in row[3::2])] for table in tables]
    every, shown = sum(len(table.rows) for table in tables), sum(map(len, kept))
    titles = [table.title for table, rows in zip(tables, kept, strict=True) if table.rows and not rows]
    for table, rows in zip(tables, kept, strict=True):
        table.rows = rows
    if shown == every:
        said = []
    elif not shown:
        said = [f"All {every} figures are equal; --all shows them."]
    else:
        among = f", all of {' and '.join(titles)} among them" if titles else ""
        said = [f"{every - shown} of {every} figures are equal and hidden{among}; --all shows them."]
    return [table for table in tables if table.rows], said


def change_table(comparison: Comparison) -> Table:
    """The totals in which one config differs from a baseline."""
    names = comparison.names
    tables = (_totals(comparison, names), _extractor(comparison, names))
    table = _figures(f"Change against {names[0]}", names)
    table.rows = [row for each in tables for row in each.rows if row[-1] != UNCHANGED]
    if comparison.baseline is not None:
        table.remark = describe_baseline(comparison)
    if not table.rows:
        table.columns = [Column("No total has changed.", numeric=False)]
    return table


def saved_table(comparison: Comparison) -> Table:
    """The fields and the main figures in which a config differs from what it was when it was saved before."""
    columns = ("Before", "Now")
    table = _figures("Since the last save", columns)
    table.rows = [(*row, "") for row in _differences(comparison, columns).rows]
    costs = _figures("", columns)
    for name in _COSTS:
        figure = figure_named(name)
        _add(costs, figure.label, comparison.metrics.get(name), figure_text(figure.unit))
    table.rows += [row for row in (*costs.rows, *_extractor(comparison, columns).rows) if row[-1] != UNCHANGED]
    if not table.rows:
        table.columns = [Column("Nothing has changed.", numeric=False)]
    return table


def describe_baseline(comparison: Comparison) -> str:
    """``the baseline is base.json; its latency was measured on cpu (…), torch 2.13.0``."""
    baseline = comparison.baseline
    assert baseline is not None
    parts = [f"the baseline is {baseline.path}"]
    if any(analysis.workload.sample_rate != baseline.workload.sample_rate for analysis in comparison.analyses):
        parts.append(f"its figures are of {describe_audio(baseline.workload)}")
    if baseline.measured_on:
        parts.append(f"its latency was measured on {baseline.measured_on}")
    return "; ".join([*parts, *describe_not_counted(baseline.not_counted)])


def _attributions(comparison: Comparison, names: Sequence[str]) -> list[Table]:
    tables = []
    for name, contributions in zip(names[1:], comparison.attributions, strict=False):
        title = "What makes the difference" if len(names) == 2 else f"What makes the difference: {name}"
        made = [_contributions(title, contributions, columns) for columns in (_COSTS, _EXTRACTOR)]
        tables += [table for table in made if table is not None]
    if tables:
        idle = [str(tables[-1].remark)] if tables[-1].remark else []
        fields = {field for contributions in comparison.attributions for each in contributions for field in each.fields}
        between = [f"{BETWEEN_FAMILIES}."] if ARCHITECTURE in fields else []
        # All are of one precision.
        workload = comparison.analyses[0].workload
        memory = f"What fields contribute to the memory of training in {workload.precision} is not worked out."
        training = [memory] if workload.training_precision != workload.dtype else []
        tables[-1].remark = Lines(*idle, *between, *training, f"{METHOD}.")
    return tables


_KINDS = tuple(name for name in FIGURES if name.startswith("macs."))
_TOTALS = (
    "parameters",
    "parameter_bytes",
    "macs",
    *_KINDS,
    "flops",
    "macs_per_audio_second",
    "training.expected_macs",
    "memory.inference_bytes",
    "memory.training_bytes",
    *MEASURED,
)
_COSTS = ("parameters", "macs", "training.expected_macs", "memory.inference_bytes", "memory.training_bytes")
_EXTRACTOR = tuple(name for name in FIGURES if name.startswith("extractor."))


def _contributions(title: str, contributions: Sequence[Contribution], figures: Sequence[str]) -> Table | None:
    """A row per field, a column per figure that changed; None where no figure changed."""
    changed = {name: FIGURES[name] for name in figures if any(name in each.figures for each in contributions)}
    if not changed:
        return None
    columns = [Column("Field", numeric=False, wraps=True)]
    columns += [Column(figure.heading, priority=number) for number, figure in enumerate(changed.values())]
    table = Table(title, columns)
    idle: list[str] = []
    for fields, values in contributions:
        if changed.keys() & values.keys():
            cells = [_contribution(values.get(name, 0), figure) for name, figure in changed.items()]
            table.rows.append((" and ".join(fields), *cells))
        else:
            idle += fields
    sums = {name: sum([each.figures.get(name, Fraction(0)) for each in contributions]) for name in changed}
    together = [_contribution(sums[name], figure) for name, figure in changed.items()]
    table.rows.append(("together", *together))
    if idle and figures is _COSTS:
        table.remark = f"Nothing of this changes with {', '.join(idle)}."
    return table


def _contribution(change: Number | Fraction, figure: Figure) -> Cell:
    amount = signed(float(change), brief_text(figure.unit))
    return amount if amount == UNCHANGED else Change(amount)


def _differences(comparison: Comparison, names: Sequence[str]) -> Table:
    columns = [Column(name, wraps=True, priority=max(number - 1, 0)) for number, name in enumerate(names)]
    table = Table("Fields that differ", [Column("Field", numeric=False, wraps=True), *columns])
    models = [analysis.config.model for analysis in comparison.analyses]
    if comparison.baseline is not None:
        models.insert(0, comparison.baseline.model)
    for field, values in comparison.differences.items():
        # What a model's architecture has no field for is told from a field that is null.
        texts = [
            "–" if value is None and field not in model.FIELDS else field_value(value)
            for model, value in zip(models, values, strict=True)
        ]
        table.rows.append((field, *texts))
    return table


def _totals(comparison: Comparison, names: Sequence[str]) -> Table:
    table = _figures("Totals", names)
    for name in _TOTALS:
        figure = figure_named(name)
        label = f"  {figure.label}" if name in _KINDS else figure.label
        _add(table, label, comparison.metrics.get(name), figure_text(figure.unit))
    return table


def _extractor(comparison: Comparison, names: Sequence[str]) -> Table:
    table = _figures("Feature extractor", names)
    metrics = comparison.metrics
    workloads = [analysis.workload for analysis in comparison.analyses]
    if comparison.baseline is not None:
        workloads.append(comparison.baseline.workload)
    rate, *others = {workload.sample_rate for workload in workloads}

    def in_ms(samples: Number) -> str:
        return milliseconds(int(samples), rate)

    for name in _EXTRACTOR:
        figure, metric = FIGURES[name], metrics.get(name)
        if figure.unit == "samples":
            _add(table, f"{figure.label}, samples", metric, figure_text(figure.unit))
            if not others:
                _add(table, f"{figure.label}, ms", metric, in_ms)
        else:
            _add(table, figure.label, metric, figure_text(figure.unit))
    return table


def _components(comparison: Comparison, names: Sequence[str], figure: str, title: str) -> Table:
    table = _figures(title, names)
    for component in components_of(analysis.config.model for analysis in comparison.analyses):
        name = f"{component}.{figure}"
        metric = comparison.metrics.get(name)
        if metric is not None and any(metric.values):
            _add(table, component.replace("_", " "), metric, figure_text(figure_named(name).unit))
    return table


def _modules(title: str, names: Sequence[str], metrics: Mapping[str, Metric]) -> Table:
    table = _figures(title, names)
    for path, metric in metrics.items():
        if any(metric.values):
            _add(table, path or "model", metric, short)
    return table


def _figures(title: str, names: Sequence[str]) -> Table:
    columns = [Column("Figure", numeric=False), Column(names[0], wraps=True)]
    # On a narrow terminal changes are left out first, since the values tell them, then the last configs.
    for number, name in enumerate(names[1:]):
        columns += [Column(name, wraps=True, priority=number), Column("Change", priority=len(names))]
    return Table(title, columns)


def _add(table: Table, label: str, metric: Metric | None, text: Callable[[Number], str]) -> None:
    if metric is None:  # a baseline of an older version lacks it
        return
    cells: list[Cell] = [label, text(metric.values[0])]
    for value, delta, ratio in zip(metric.values[1:], metric.deltas[1:], metric.ratios[1:], strict=True):
        cells += [text(value), _change(delta, ratio, text)]
    table.rows.append(cells)


def _change(delta: Number, ratio: float | None, text: Callable[[Number], str]) -> Cell:
    amount = signed(delta, text)
    if not delta:
        return amount
    return Change(amount) if ratio is None else Change(amount, signed_percent(ratio))
