"""``w2v-explore compare``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.analysis.comparing.compare import compare as compare_analyses
from w2v_explore.cli import options
from w2v_explore.cli.conditions import read_conditions, report_broken, subjects_of
from w2v_explore.cli.evaluate import audits_agree, evaluate, measured_figures
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.report.result import Result
from w2v_explore.report.table import Table

app = typer.Typer(add_completion=False)


@app.command()
def compare(
    configs: Annotated[list[str], typer.Argument(metavar="A B [C...]", help=f"{options.CONFIG_HELP} Two or more.")],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    batch: options.Batch = 1,
    depth: options.Depth = None,
    device: options.Device = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    runs: options.Runs = None,
    baseline: options.Baseline = None,
    fail_if: options.FailIf = None,
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """What differs between configs, in their fields and in their figures; the first is what others are held against."""
    if len(configs) < 2 and baseline is None:
        raise typer.BadParameter("compare takes two configs or more, or one with --baseline")
    conditions, saved = read_conditions(fail_if, baseline, measured=device is not None, has_reference=True)
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
        in_turns=True,
    )
    comparison = compare_analyses([result.analysis for result in results], measured_figures(results), saved)
    _print(results, comparison, depth, format)
    first, *others = subjects_of(comparison)
    if report_broken(conditions, others, first) or not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)


def _measured_tables(results: Sequence[Result], names: Sequence[str]) -> list[Table]:
    """The verdicts, and what disturbed them; a baseline, which took no turns, has none."""
    if results[0].measurement is None:
        return []
    from w2v_explore.report.latency import noise_table, verdict_table

    noise = noise_table(results)
    verdicts = [verdict_table(results, names)] if len(results) > 1 else []
    return [*verdicts, *([noise] if noise else [])]


def _print(results: Sequence[Result], comparison: Comparison, depth: int | None, format: options.Format) -> None:
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import comparison_document, dump

            print(dump(comparison_document(results, comparison, depth)))
        case options.Format.CSV:
            from w2v_explore.report.csv import comparison_csv

            print(comparison_csv(comparison, depth), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.comparison import comparison_report
            from w2v_explore.report.markdown import report_markdown

            print(
                report_markdown(
                    [comparison_report(comparison, depth, _measured_tables(results, comparison.names[-len(results) :]))]
                ),
                end="",
            )
        case options.Format.TABLE:
            from w2v_explore.report.comparison import comparison_report
            from w2v_explore.report.terminal import print_report, stdout_console

            print_report(
                comparison_report(comparison, depth, _measured_tables(results, comparison.names[-len(results) :])),
                stdout_console(),
            )
