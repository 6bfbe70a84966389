"""``w2v-explore summary``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.cli import options
from w2v_explore.cli.conditions import named_figures, read_conditions, report_broken
from w2v_explore.cli.evaluate import (
    ConfigOptions,
    WorkloadOptions,
    analyze_each,
    measure_each,
    predict_each,
    read_configs,
    say_warnings,
)
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render, spare
from w2v_explore.config.load import distinct_names
from w2v_explore.results.result import Result, audits_agree, measured_figures

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.analysis.comparing.conditions import Condition
    from w2v_explore.config.reading import Reading
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report, Table

app = typer.Typer(add_completion=False)

_RUNS = 10


@app.command()
def summary(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    depth: options.Depth = None,
    full: options.Full = False,
    totals: options.Totals = False,
    device: options.Device = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    precision: options.TrainingPrecision = None,
    runs: options.Runs = None,
    baseline: options.Baseline = None,
    fail_if: options.FailIf = None,
    predict: options.Predict = False,
    threads: options.Threads = None,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    watch: options.Watch = False,
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Parameters, MACs, memory, receptive field and, with --device or --predict, latency of a config."""
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype, precision)
    _check_latency(device, runs, predict, threads)
    _check_extent(full, totals, depth, format)
    if watch:
        _check_watch(device, predict, fail_if, format, output)
    check_output(output, format)
    conditions, saved = read_conditions(fail_if, baseline, measured=device is not None, has_reference=False)
    workload.check()

    is_short = format is PageFormat.TABLE and not full and not totals and depth is None

    def work_out() -> tuple[list[Result], list[Reading]]:
        both = read_configs(configs, ConfigOptions(overrides, dialect, allow_unknown, variants))
        spare(output)
        if not (is_short and output in (None, "-") and sys.stdout.isatty()):  # the answer has them
            say_warnings([config for config, _ in both])
        readings = [reading for _, reading in both]
        analyses = analyze_each([config for config, _ in both], workload, saved)
        if predict:
            return predict_each(analyses, device or "cpu", threads), readings
        if device is not None:
            return measure_each(analyses, device, runs or _RUNS), readings
        return [Result(analysis=analysis) for analysis in analyses], readings

    def reports_on(
        results: Sequence[Result], readings: Sequence[Reading], changes: Sequence[Comparison]
    ) -> list[Report]:
        if is_short:
            return _answers(results, readings, changes)
        return _totals(results, changes) if totals else _reports(results, changes, depth)

    if watch:
        from w2v_explore.cli.watch import Shown, keep_showing, require_watchable

        def show() -> Shown:
            results, readings = work_out()
            reports = reports_on(results, readings, _compare_alone(results, saved) if saved else [])
            return Shown(reports, [result.analysis for result in results])

        require_watchable(configs)
        keep_showing(configs, show)
    results, readings = work_out()
    alone = _compare_alone(results, saved) if saved or conditions else []
    changes = alone if saved else []

    def document() -> Any:
        from w2v_explore.results.documents import summary_document

        return summary_document(results, changes, depth)

    def csv() -> str:
        from w2v_explore.report.csv import summary_csv

        return summary_csv(results, depth)

    def page() -> Page:
        from w2v_explore.report.html.summary import summary_page

        return summary_page(results, _reports(results, changes, depth))

    render(
        format,
        reports=lambda: reports_on(results, readings, changes),
        document=document,
        csv=csv,
        page=page,
        output=output,
    )
    names = distinct_names([result.analysis.config for result in results])
    broken = [_report_broken(conditions, names[number], comparison) for number, comparison in enumerate(alone)]
    if any(broken) or not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)


def _check_latency(device: str | None, runs: int | None, predict: bool, threads: int | None) -> None:
    """Refuse options that say nothing together."""
    if predict and runs is not None:
        raise typer.BadParameter("--predict runs nothing: leave out --runs")
    if threads is not None and not predict:
        raise typer.BadParameter("--threads goes with --predict")
    options.check_threads(threads, device)
    options.check_runs(runs, device)


def _check_extent(full: bool, totals: bool, depth: int | None, format: PageFormat) -> None:
    """Refuse options that say nothing together."""
    if totals and (full or depth is not None):
        raise typer.BadParameter(f"--totals shows no modules: leave out {'--full' if full else '--depth'}")
    if totals and format not in (PageFormat.TABLE, PageFormat.MARKDOWN):
        raise typer.BadParameter(f"--totals is about tables and Markdown: {format.value} has every figure")
    if full and format is not PageFormat.TABLE:
        raise typer.BadParameter(f"--full is about tables: {format.value} has every figure; leave it out")


def _check_watch(
    device: str | None, predict: bool, fail_if: Sequence[str] | None, format: PageFormat, output: str | None
) -> None:
    """Refuse what cannot be shown again at once, and what an exit code would tell."""
    if device is not None and not predict:
        raise typer.BadParameter("--watch shows what is known at once: leave out --device, or give --predict with it")
    if fail_if:
        raise typer.BadParameter("--watch goes on until Ctrl-C ends it, and fails of nothing: leave out --fail-if")
    if format is not PageFormat.TABLE or output is not None:
        given = "--output" if output is not None else f"--format {format.value}"
        raise typer.BadParameter(f"--watch is about tables on a terminal: leave out {given}")


def _compare_alone(results: Sequence[Result], baseline: Baseline | None) -> list[Comparison]:
    """Each config by itself, against the baseline or against nothing."""
    from w2v_explore.analysis.comparing.compare import compare

    return [compare([result.analysis], measured_figures([result]), baseline) for result in results]


def _report_broken(conditions: Sequence[Condition], name: str, comparison: Comparison) -> bool:
    *references, (_, figures) = named_figures(comparison)
    return report_broken(conditions, [(name, figures)], *references)


def _answers(results: Sequence[Result], readings: Sequence[Reading], changes: Sequence[Comparison]) -> list[Report]:
    """What is shown where nobody asks for more: of several configs the overview alone."""
    from w2v_explore.lint.engine import warnings_of_config
    from w2v_explore.report.answer import answer_overview, answer_report

    linted = [warnings_of_config(reading) for reading in readings]
    report = answer_report(results[0], linted[0]) if len(results) == 1 else answer_overview(results, linted)
    report.tables.extend(_change_tables(changes))
    return [report]


def _totals(results: Sequence[Result], changes: Sequence[Comparison]) -> list[Report]:
    from w2v_explore.report.answer import totals_report

    return _with_changes([totals_report(result) for result in results], changes)


def _change_tables(changes: Sequence[Comparison]) -> list[Table]:
    if not changes:
        return []
    from w2v_explore.report.comparison import change_table

    return [change_table(change) for change in changes]


def _with_changes(reports: list[Report], changes: Sequence[Comparison]) -> list[Report]:
    for report, change in zip(reports, _change_tables(changes), strict=False):
        report.tables.append(change)
    return reports


def _reports(results: Sequence[Result], changes: Sequence[Comparison], depth: int | None) -> list[Report]:
    """All that there is to say."""
    from w2v_explore.report.summary import summary_report

    reports = _with_changes([summary_report(result, depth) for result in results], changes)
    if len(results) > 1:
        from w2v_explore.report.overview import overview_report

        reports.insert(0, overview_report(results))
    return reports
