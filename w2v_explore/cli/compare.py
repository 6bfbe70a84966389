"""``w2v-explore compare``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from w2v_explore.analysis.compare import COMPONENTS, Comparison
from w2v_explore.analysis.compare import compare as compare_analyses
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import audits_agree, evaluate
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
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
) -> None:
    """What differs between configs, in their fields and in their figures; the first is what others are held against."""
    if len(configs) < 2:
        raise typer.BadParameter("compare takes two configs or more")
    results = evaluate(
        configs,
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        device=device,
        runs=runs,
        in_turns=True,
    )
    comparison = compare_analyses([result.analysis for result in results], _measured(results))
    _print(results, comparison, depth, format)
    if not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)


def _measured(results: Sequence[Result]) -> dict[str, list[float]]:
    """The measured metrics; a component that a config lacks took no time."""
    latencies = [result.measurement.latency for result in results if result.measurement]
    if not latencies:
        return {}
    metrics = {
        "latency.end_to_end.median_s": [latency.end_to_end.median_s for latency in latencies],
        "latency.real_time_factor": [result.real_time_factor or 0.0 for result in results],
    }
    for component, path in COMPONENTS.items():
        layers = [latency.layers.get(path) for latency in latencies]
        metrics[f"{component}.latency_s"] = [layer.total.median_s if layer else 0.0 for layer in layers]
    return metrics


def _measured_tables(results: Sequence[Result]) -> list[Table]:
    if results[0].measurement is None:
        return []
    from w2v_explore.report.comparison import column_names
    from w2v_explore.report.latency import noise_table, verdict_table

    noise = noise_table(results)
    names = column_names([result.analysis for result in results])
    return [verdict_table(results, names), *([noise] if noise else [])]


def _print(results: Sequence[Result], comparison: Comparison, depth: int | None, format: options.Format) -> None:
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import comparison_document, dump

            print(dump(comparison_document(results, comparison)))
        case options.Format.CSV:
            from w2v_explore.report.csv import comparison_csv

            print(comparison_csv(comparison), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.comparison import comparison_report
            from w2v_explore.report.markdown import report_markdown

            print(report_markdown([comparison_report(comparison, depth, _measured_tables(results))]), end="")
        case options.Format.TABLE:
            from w2v_explore.report.comparison import comparison_report
            from w2v_explore.report.terminal import print_report, stdout_console

            print_report(comparison_report(comparison, depth, _measured_tables(results)), stdout_console())
