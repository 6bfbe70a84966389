"""``w2v-explore summary``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.cli import options
from w2v_explore.cli.conditions import named_figures, read_conditions, report_broken
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs, measure_each, predict_each
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render
from w2v_explore.config.load import distinct_names
from w2v_explore.results.result import Result, audits_agree, measured_figures

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.analysis.comparing.conditions import Condition
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

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
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Parameters, MACs, memory, receptive field and, with --device or --predict, latency of a config."""
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype, precision)
    _check_latency(device, runs, predict, threads)
    check_output(output, format)
    conditions, saved = read_conditions(fail_if, baseline, measured=device is not None, has_reference=False)
    analyses = analyze_configs(configs, ConfigOptions(overrides, dialect, allow_unknown, variants), workload, saved)
    if predict:
        results = predict_each(analyses, device or "cpu", threads)
    elif device is not None:
        results = measure_each(analyses, device, runs or _RUNS)
    else:
        results = [Result(analysis=analysis) for analysis in analyses]
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
        reports=lambda: _reports(results, changes, depth),
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


def _compare_alone(results: Sequence[Result], baseline: Baseline | None) -> list[Comparison]:
    """Each config by itself, against the baseline or against nothing."""
    from w2v_explore.analysis.comparing.compare import compare

    return [compare([result.analysis], measured_figures([result]), baseline) for result in results]


def _report_broken(conditions: Sequence[Condition], name: str, comparison: Comparison) -> bool:
    *references, (_, figures) = named_figures(comparison)
    return report_broken(conditions, [(name, figures)], *references)


def _reports(results: Sequence[Result], changes: Sequence[Comparison], depth: int | None) -> list[Report]:
    from w2v_explore.report.summary import summary_report

    reports = [summary_report(result, depth) for result in results]
    if changes:
        from w2v_explore.report.comparison import change_table

        for report, change in zip(reports, changes, strict=True):
            report.tables.append(change_table(change))
    if len(results) > 1:
        from w2v_explore.report.overview import overview_report

        reports.insert(0, overview_report(results))
    return reports
