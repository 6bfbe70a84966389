"""``w2v-explore summary``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.conditions import read_conditions, report_broken, subjects_of
from w2v_explore.cli.evaluate import audits_agree, evaluate, measured_figures
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.config.load import distinct_names
from w2v_explore.report.result import Result

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.analysis.comparing.conditions import Condition
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def summary(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    batch: options.Batch = 1,
    depth: options.Depth = None,
    device: options.Device = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    runs: options.Runs = None,
    baseline: options.Baseline = None,
    fail_if: options.FailIf = None,
    predict: options.Predict = False,
    threads: options.Threads = None,
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Parameters, MACs, memory, receptive field and, with --device or --predict, latency of a config."""
    conditions, saved = read_conditions(fail_if, baseline, measured=device is not None, has_reference=False)
    results = evaluate(
        configs,
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        device=device,
        runs=runs,
        dialect=options.name_of(dialect),
        allow_unknown=allow_unknown,
        baseline=saved,
        predict=predict,
        threads=threads,
    )
    alone = _compare_alone(results, saved) if saved or conditions else []
    changes = alone if saved else []
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import dump, summary_document

            print(dump(summary_document(results, changes, depth)))
        case options.Format.CSV:
            from w2v_explore.report.csv import summary_csv

            print(summary_csv(results, depth), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown

            print(report_markdown(_reports(results, changes, depth)), end="")
        case options.Format.TABLE:
            from w2v_explore.report.terminal import print_reports, stdout_console

            print_reports(_reports(results, changes, depth), stdout_console())
    names = distinct_names([result.analysis.config for result in results])
    broken = [_report_broken(conditions, names[number], comparison) for number, comparison in enumerate(alone)]
    if any(broken) or not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)


def _compare_alone(results: Sequence[Result], baseline: Baseline | None) -> list[Comparison]:
    """Each config by itself, against the baseline or against nothing."""
    from w2v_explore.analysis.comparing.compare import compare

    return [compare([result.analysis], measured_figures([result]), baseline) for result in results]


def _report_broken(conditions: Sequence[Condition], name: str, comparison: Comparison) -> bool:
    *references, (_, figures) = subjects_of(comparison)
    return report_broken(conditions, [(name, figures)], *references)


def _reports(results: Sequence[Result], changes: Sequence[Comparison], depth: int | None) -> list[Report]:
    from w2v_explore.report.summary import summary_report

    reports = [summary_report(result, depth) for result in results]
    if changes:
        from w2v_explore.report.comparison import change_table

        for report, change in zip(reports, changes, strict=True):
            report.tables.append(change_table(change))
    return reports
