"""``w2v-explore memory``."""

from typing import Annotated

import typer

from w2v_explore.analysis.memory_costs import memory as memory_of
from w2v_explore.analysis.quantity import parse_size_bytes
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import evaluate

app = typer.Typer(add_completion=False)


@app.command()
def memory(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    fit: Annotated[
        str | None,
        typer.Option("--fit", metavar="SIZE", help="The largest batch and the longest audio that fit, as 24GiB."),
    ] = None,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Also with activation checkpoints at each transformer layer.")
    ] = False,
    depth: options.Depth = None,
    format: options.FormatOption = options.Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Memory of inference and of training, the cost of a training step, and what fits a given memory."""
    memory_bytes = None if fit is None else parse_size_bytes(fit)
    results = evaluate(
        configs,
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=batch,
        dtype=dtype.value,
        dialect=options.name_of(dialect),
        allow_unknown=allow_unknown,
    )
    costs = [memory_of(result.analysis, fit=memory_bytes, checkpointing=checkpointing) for result in results]
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import dump, one_or_list

            print(dump(one_or_list([each.to_dict() for each in costs])))
        case options.Format.CSV:
            from w2v_explore.report.csv import memory_csv

            print(memory_csv(costs), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown
            from w2v_explore.report.memory import memory_report

            print(report_markdown([memory_report(each, checkpointing, depth) for each in costs]), end="")
        case options.Format.TABLE:
            from w2v_explore.report.memory import memory_report
            from w2v_explore.report.terminal import print_reports, stdout_console

            print_reports([memory_report(each, checkpointing, depth) for each in costs], stdout_console())
