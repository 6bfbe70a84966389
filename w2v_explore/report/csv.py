"""CSV: a row per layer of a summary, a row per metric of a comparison.

A spreadsheet runs what begins as a formula does. Texts, of which files and names state some, are printable in one line,
and an apostrophe stands before one that would be run; numbers are written as they are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compute import unfold
from w2v_explore.config.load import Config, distinct_names
from w2v_explore.diagnostics import shorten
from w2v_explore.encoding import fit
from w2v_explore.results.result import Result, measured_figures

if TYPE_CHECKING:  # each command imports what its document is made of
    from w2v_explore.analysis.comparing.compare import Comparison, Metric
    from w2v_explore.analysis.comparing.sensitivity import Sensitivity
    from w2v_explore.analysis.comparing.sweep import Sweep
    from w2v_explore.analysis.memory.costs import MemoryCosts
    from w2v_explore.analysis.plan.training_plan import TrainingPlan
    from w2v_explore.analysis.presets.catalogue import Catalogue
    from w2v_explore.results.changed import ChangedConfigs
    from w2v_explore.search.answer import Answer


_MAX_NAME = 200
# In full width too, which spreadsheets in Chinese and Japanese run.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def summary_csv(results: Sequence[Result], depth: int | None = None) -> str:
    """Every layer of every config, down to a depth; with columns for predictions and measurements if there are any."""
    predicted = any(result.prediction for result in results)
    measured = any(result.measurement for result in results)
    header: list[object] = ["config", "path", "kind", "depth", "parameters", "macs", "output_shape"]
    header += ["predicted_s"] if predicted else []
    header += ["self_median_s", "total_median_s"] if measured else []
    rows = [header]
    names = _names([result.analysis.config for result in results])
    for name, result in zip(names, results, strict=True):
        for row in unfold(result.analysis.layers, depth):
            shape = "x".join(map(str, row.output_shape))
            cells = [name, row.path, row.kind, row.depth, row.parameters, row.macs.total, shape]
            if result.prediction is not None:
                cells.append(result.prediction.layer_seconds(result.analysis, row.path))
            if result.measurement is not None:
                latency = result.measurement.latency.layers[row.path]
                cells += [latency.own.median_s, latency.total.median_s]
            rows.append(cells)
    _add_not_counted(
        rows, [result.analysis.config for result in results for _ in unfold(result.analysis.layers, depth)]
    )
    return _csv(rows)


def latency_csv(results: Sequence[Result]) -> str:
    """A row per measurement; a cell is empty where the measurement has no such figure."""
    header = (
        "config", "seconds", "batch", "dtype", "device", "threads", "runs", "median_s", "low_s", "high_s", "iqr_s",
        "p90_s", "p99_s", "real_time_factor", "attention_s", "feed_forward_s", "rest_s", "unattributed_s",
        "hooked_over_plain", "compile_s", "noisy", "confidence",
    )  # fmt: skip
    rows: list[list[object]] = [[*header]]
    from w2v_explore.results.curve import latency_parts

    # A config has a row for each duration, and one name in all.
    configs = {id(result.analysis.config): result.analysis.config for result in results}
    names = dict(zip(configs, _names([*configs.values()]), strict=True))
    for result in results:
        assert result.measurement is not None
        workload, latency = result.analysis.workload, result.measurement.latency
        estimate, ledger = latency.end_to_end, latency.ledger
        rows.append([
            names[id(result.analysis.config)], workload.seconds, workload.batch, workload.dtype, latency.device,
            latency.threads, latency.runs, estimate.median_s, estimate.low_s, estimate.high_s, estimate.iqr_s,
            estimate.p90_s, estimate.p99_s, result.real_time_factor, *(latency_parts(result) or (None, None, None)),
            ledger and ledger.unattributed_ns / 1e9, ledger and ledger.ratio.ratio, latency.compile_s,
            str(latency.noise.noisy).lower(), estimate.confidence,
        ])  # fmt: skip
    _add_not_counted(rows, [result.analysis.config for result in results])
    return _csv(rows)


def comparison_csv(comparison: Comparison, depth: int | None = None) -> str:
    """Every metric: the value for each config, then delta and ratio of each but the first.

    With a depth, every module's parameters and MACs too: ``parameters[encoder.transformer]``.
    """
    metrics = _metrics(comparison, depth)
    names = comparison.names
    rows: list[list[object]] = [
        ["metric", *names, *[f"{what} {name}" for name in names[1:] for what in ("delta", "ratio")]]
    ]
    for name, metric in metrics.items():
        changes = zip(metric.deltas[1:], metric.ratios[1:], strict=True)
        rows.append([name, *metric.values, *[value for change in changes for value in change]])
    if any(comparison.not_counted):
        texts = [" ".join(fields) for fields in comparison.not_counted]
        rows.append(["not_counted", *texts, *[""] * (2 * len(texts) - 2)])
    return _csv(rows)


def memory_csv(costs: Sequence[MemoryCosts], depth: int | None = None) -> str:
    """Every figure of every config under the name that JSON has for it, and its value; layers down to a depth.

    Of a config that is there at several lengths the name says the length.
    """
    rows: list[list[object]] = [["config", "figure", "value"]]
    configs = {id(each.analysis.config): each.analysis.config for each in costs}
    names = dict(zip(configs, _names([*configs.values()]), strict=True))
    for each in costs:
        config = each.analysis.config
        name = names[id(config)]
        if len(configs) < len(costs):
            name += f", {each.analysis.workload.seconds:g} s"
        document = each.to_dict(depth)
        del document["config"]
        rows += [[name, *figure] for figure in _flatten("", document)]
        if config.not_counted:
            rows.append([name, "not_counted", " ".join(config.not_counted)])
    return _csv(rows)


def changed_csv(changed: ChangedConfigs, depth: int | None = None) -> str:
    """Every metric of every config that differs: its value before and now; a new config has none before."""
    # Imported only where it is asked for.
    from w2v_explore.analysis.comparing.compare import compare

    rows: list[list[object]] = [["config", "metric", "before", "after", "delta", "ratio"]]
    for _, comparison in changed.compared:
        name = comparison.names[-1]
        for metric, figures in _metrics(comparison, depth).items():
            rows.append([name, metric, *figures.values, figures.deltas[1], figures.ratios[1]])
        if any(comparison.not_counted):
            rows.append([name, "not_counted", *[" ".join(fields) for fields in comparison.not_counted], "", ""])
    for result in changed.new:
        comparison = compare([result.analysis], measured_figures([result]))
        name = comparison.names[0]
        for metric, figures in _metrics(comparison, depth).items():
            rows.append([name, metric, "", *figures.values, "", ""])
        if any(comparison.not_counted):
            rows.append([name, "not_counted", "", *[" ".join(fields) for fields in comparison.not_counted], "", ""])
    return _csv(rows)


def _metrics(comparison: Comparison, depth: int | None) -> dict[str, Metric]:
    """The metrics, and down to a depth every module's parameters and MACs."""
    if depth is None:
        return comparison.metrics
    layers = comparison.modules(depth)
    metrics = comparison.metrics | {f"parameters[{path}]": each for path, (each, _) in layers.items() if path}
    return metrics | {f"macs[{path}]": macs for path, (_, macs) in layers.items() if path}


def plan_csv(plans: Sequence[TrainingPlan]) -> str:
    """Every figure of every plan under the name that JSON has for it, and its value."""
    rows: list[list[object]] = [["config", "figure", "value"]]
    for name, plan in zip(distinct_names([plan.analysis.config for plan in plans]), plans, strict=True):
        document = plan.to_dict()
        config = plan.analysis.config
        del document["config"]
        rows += [[name, *figure] for figure in _flatten("", document)]
        if config.not_counted:
            rows.append([name, "not_counted", " ".join(config.not_counted)])
    return _csv(rows)


def cards_csv(document: dict[str, Any]) -> str:
    """A row per card; products by type."""
    figures = [dict(_flatten("", card)) for card in document["cards"]]
    names = list(dict.fromkeys(name for card in figures for name in card))
    return _csv([names, *[[card.get(name, "") for name in names] for card in figures]])


def sensitivity_csv(found: Sensitivity) -> str:
    """A row per step: what it is, the change of every figure, and what speaks against it."""
    # Imported only where it is asked for.
    from w2v_explore.analysis.figures import FIGURES

    effects, names = found.effects, found.figures or tuple(FIGURES)
    if found.sort is not None and found.sort not in names:
        names += (found.sort,)
    rows: list[list[object]] = [["target", "before", "after", "moves_along", *names, "changes_frame_rate", "warnings"]]
    for effect in effects:
        change = effect.change
        along = " ".join(f"{name}={value}" for name, value in effect.moves_along.items())
        step = [change.target, change.before, change.after, along]
        marks = [str(effect.changes_frame_rate).lower(), " ".join(effect.warnings)]
        rows.append([*step, *[effect.deltas[name] for name in names], *marks])
    _add_not_counted(rows, [found.analysis.config] * len(effects))
    return _csv(rows)


def presets_csv(catalogue: Catalogue) -> str:
    """A row per preset."""
    rows: list[list[object]] = [[
        "preset", "family", "architecture", "parameters", "layers", "width", "outputs", "macs_per_audio_second", "like",
        "dropouts",
    ]]  # fmt: skip
    for preset in catalogue.presets:
        entry = preset.to_dict()
        dropouts = " ".join(f"{field}={own}" for field, (own, _) in preset.dropouts.items())
        rows.append([preset.name, *[entry[name] for name in rows[0][1:-1]], dropouts])  # type: ignore[index]
    return _csv(rows)


def sweep_csv(sweep: Sweep) -> str:
    """A row per config: the values of the fields that vary, its figures, and why it is none where it is none."""
    rows: list[list[object]] = [[*sweep.fields, *sweep.figures, "problem"]]
    for member in sweep.members:
        values = [_plain_cell(value) for value in member.fields.values()]
        rows.append([*values, *[member.figures.get(name, "") for name in sweep.figures], member.problem])
    _add_not_counted(rows, [sweep.analysis.config] * len(sweep.members))
    return _csv(rows)


def search_csv(answer: Answer) -> str:
    """A row per design: the values of the fields that vary, its figures, its ties, and the command that shows it."""
    # Imported only where it is asked for.
    from w2v_explore.analysis.figures import FIGURES

    designs = answer.designs
    fields = [*answer.question.space.rules]
    # Those of a design; the header is the same where there is none.
    figures = list(dict.fromkeys((*FIGURES, *answer.question.figures)))
    # Each device has columns of its own.
    devices = [each.device.device_name or each.device.device for each in answer.measured]
    if len({*devices}) < len(devices):
        devices = [", ".join(map(str, each.device)) for each in answer.measured]
    timed = ("latency_s", "latency_low_s", "latency_high_s", "ratio", "verdict")
    measured = [f"{name}[{device}]" for device in devices for name in timed]
    rows: list[list[object]] = [[*fields, *figures, *measured, "ties", "set"]]
    for number, design in enumerate(designs):
        row: list[object] = [_plain_cell(design.fields[name]) for name in fields]
        row += [design.figures[name] for name in figures]
        for each in answer.measured:
            timing = each.designs[number]
            row += [timing.median_s, timing.low_s, timing.high_s, timing.ratio, timing.verdict]
        rows.append([*row, design.ties, design.command])
    _add_not_counted(rows, [answer.analysis.config] * len(designs))
    return _csv(rows)


def _plain_cell(value: object) -> object:
    """A field's value: a number as it is, anything else as JSON has it."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number or isinstance(value, str) else json.dumps(value)


def _add_not_counted(rows: Sequence[list[object]], configs: Sequence[Config]) -> None:
    """Add a last column: the fields that were left out of each row's config. No column where no field was left out."""
    if any(config.not_counted for config in configs):
        for row, text in zip(rows, ["not_counted", *[" ".join(each.not_counted) for each in configs]], strict=True):
            row.append(text)


def _names(configs: Sequence[Config]) -> list[str]:
    """The names in the rows of each config."""
    return [shorten(name, _MAX_NAME) for name in distinct_names(configs)]


def _flatten(name: str, value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flatten(f"{name}.{key}" if name else key, below)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _flatten(f"{name}[{number}]", below)
    else:
        yield name, value


def _cell(text: str) -> str:
    # What a stream's encoding lacks may have a stand-in that begins a formula: − is - in ASCII.
    text = fit(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) else text


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    # A config's name stands in hundreds of rows, and may be long.
    cells: dict[str, str] = {}
    for row in rows:
        for value in row:
            if isinstance(value, str) and value not in cells:
                cells[value] = _cell(value)
        writer.writerow([cells[value] if isinstance(value, str) else value for value in row])
    return text.getvalue()
