"""``w2v-explore summary``."""

from typing import Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.evaluate import audits_agree, evaluate
from w2v_explore.cli.exit_codes import ANSWER_IS_NO

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
    predict: options.Predict = False,
    threads: options.Threads = None,
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
) -> None:
    """Parameters, MACs, receptive field and, with --device or --predict, latency of a config."""
    results = evaluate(
        configs,
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        device=device,
        runs=runs,
        predict=predict,
        threads=threads,
    )
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import dump, summary_document

            print(dump(summary_document(results)))
        case options.Format.CSV:
            from w2v_explore.report.csv import summary_csv

            print(summary_csv(results), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown
            from w2v_explore.report.summary import summary_report

            print(report_markdown([summary_report(result, depth) for result in results]), end="")
        case options.Format.TABLE:
            from w2v_explore.report.summary import summary_report
            from w2v_explore.report.terminal import print_report, stdout_console

            console = stdout_console()
            for number, result in enumerate(results):
                if number:
                    console.print()
                print_report(summary_report(result, depth), console)
    if not audits_agree(results):
        raise typer.Exit(ANSWER_IS_NO)
