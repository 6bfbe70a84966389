"""``w2v-explore memory``."""

from typing import Annotated

import typer

from w2v_explore.analysis.memory.costs import memory as memory_of
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import evaluate
from w2v_explore.cli.exit_codes import ANSWER_IS_NO

app = typer.Typer(add_completion=False)


@app.command()
def memory(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Utterances in the batch; 1 by default.")] = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            metavar="SIZE",
            help="The largest batch and the longest audio that fit 24GiB, or 24GB (10^9 bytes each, as 24G). "
            "Exit with 1 where a --batch, --seconds or --samples that was given fits in no way.",
        ),
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
    results = evaluate(
        configs,
        overrides or (),
        seconds=seconds,
        samples=samples,
        batch=1 if batch is None else batch,
        dtype=dtype.value,
        dialect=options.name_of(dialect),
        allow_unknown=allow_unknown,
    )
    costs = [memory_of(result.analysis, fit=fit, checkpointing=checkpointing) for result in results]
    match format:
        case options.Format.JSON:
            from w2v_explore.report.json import dump, one_or_list

            print(dump(one_or_list([each.to_dict(depth) for each in costs])))
        case options.Format.CSV:
            from w2v_explore.report.csv import memory_csv

            print(memory_csv(costs, depth), end="")
        case options.Format.MARKDOWN:
            from w2v_explore.report.markdown import report_markdown
            from w2v_explore.report.memory import memory_report

            print(report_markdown([memory_report(each, checkpointing, depth) for each in costs]), end="")
        case options.Format.TABLE:
            from w2v_explore.report.memory import memory_report
            from w2v_explore.report.terminal import print_reports, stdout_console

            print_reports([memory_report(each, checkpointing, depth) for each in costs], stdout_console())
    workload_was_given = any(given is not None for given in (seconds, samples, batch))
    if workload_was_given and not all(each.workload_fits for each in costs):
        raise typer.Exit(ANSWER_IS_NO)
