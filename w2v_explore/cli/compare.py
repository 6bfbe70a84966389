"""``w2v-explore compare``."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.analysis.comparing.compare import compare as compare_analyses
from w2v_explore.cli import options
from w2v_explore.cli.conditions import named_figures, read_conditions, report_broken
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs, measure_by_turns
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render, spare
from w2v_explore.results.result import Result, audits_agree, measured_figures

if TYPE_CHECKING:
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report, Table

app = typer.Typer(add_completion=False)


@app.command()
def compare(
    configs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B [C...]", help=f"{options.CONFIG_HELP} Two or more, or with --changed-since files and folders."
        ),
    ] = None,
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    depth: options.Depth = None,
    everything: options.All = False,
    device: options.Device = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    precision: options.TrainingPrecision = None,
    runs: options.Runs = None,
    baseline: options.Baseline = None,
    fail_if: options.FailIf = None,
    changed_since: options.ChangedSince = None,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """What differs between configs, in their fields and in their figures; the first is what others are held against."""
    configs = configs or []
    if changed_since is not None and (baseline is not None or variants):
        other = "--baseline" if baseline is not None else "--variant"
        raise typer.BadParameter(f"give --changed-since or {other}, not both")
    if changed_since is None and len(configs) < (1 if baseline is not None or variants else 2):
        raise typer.BadParameter("compare takes two configs or more, or one with --variant or --baseline")
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype, precision)
    options.check_runs(runs, device)
    check_output(output, format)
    if everything and format is not PageFormat.TABLE:
        raise typer.BadParameter(f"--all is about tables: {format.value} has every figure; leave it out")
    conditions, saved = read_conditions(fail_if, baseline, measured=device is not None, has_reference=True)
    hides_equal = format is PageFormat.TABLE and not everything
    config_options = ConfigOptions(overrides, dialect, allow_unknown, variants)
    if changed_since is not None:
        # Most calls name their configs.
        from w2v_explore.cli.changed import ChangedSince

        question = ChangedSince(
            changed_since,
            configs,
            configs=config_options,
            workload=workload,
            device=device,
            runs=runs,
            conditions=conditions,
        )
        report_of = partial(_report, depth=depth, hides_equal=hides_equal)
        question.answer(format, output, depth, report_of)
        return
    analyses = analyze_configs(configs, config_options, workload, saved)
    spare(output)
    if device is None:
        results = [Result(analysis=analysis) for analysis in analyses]
    else:
        results = measure_by_turns(analyses, device, runs or options.TURNS)
    comparison = compare_analyses(analyses, measured_figures(results), saved)
    _render(results, comparison, depth, hides_equal, format, output)
    first, *others = named_figures(comparison)
    if report_broken(conditions, others, first) or not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)


def _render(
    results: Sequence[Result],
    comparison: Comparison,
    depth: int | None,
    hides_equal: bool,
    format: PageFormat,
    output: str | None,
) -> None:
    def reports() -> "list[Report]":
        return [_report(results, comparison, depth, hides_equal=hides_equal)]

    def document() -> dict[str, Any]:
        from w2v_explore.results.documents import comparison_document

        return comparison_document(results, comparison, depth)

    def csv() -> str:
        from w2v_explore.report.csv import comparison_csv

        return comparison_csv(comparison, depth)

    def page() -> "Page":
        from w2v_explore.report.html.compare import compare_page

        return compare_page(results, comparison, reports())

    render(format, reports=reports, document=document, csv=csv, page=page, output=output)


def _report(results: Sequence[Result], comparison: Comparison, depth: int | None, *, hides_equal: bool) -> "Report":
    from w2v_explore.report.comparison import comparison_report

    measured = _measured_tables(results, comparison.names[-len(results) :])
    return comparison_report(comparison, depth, measured, hides_equal=hides_equal)


def _measured_tables(results: Sequence[Result], names: Sequence[str]) -> "list[Table]":
    """The verdicts, and what disturbed the turns; of a baseline, which took no turns, there is no verdict."""
    if results[0].measurement is None:
        return []
    from w2v_explore.report.latency import noise_table, verdict_table

    noise = noise_table(results)
    verdicts = [verdict_table(results, names)] if len(results) > 1 else []
    return [*verdicts, *([noise] if noise else [])]
