"""``w2v-explore memory``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.memory.costs import memory as memory_of
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import Format, FormatOption, render
from w2v_explore.results.documents import one_or_list

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def memory(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Utterances in the batch; 1 by default.")] = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            metavar="SIZE",
            help="The largest batch and the longest audio that fit 24GiB, or 24GB (10^9 bytes each, as 24G). "
            "Exit with 1 where a --batch, --seconds, --samples or --frames that was given fits in no way.",
        ),
    ] = None,
    checkpointing: Annotated[
        bool, typer.Option("--checkpointing", help="Also with activation checkpoints at each transformer layer.")
    ] = False,
    precision: Annotated[
        options.Precision | None,
        typer.Option(
            "--precision",
            help="Of training: what --fit fills, and what each layer is said to keep. All precisions are shown beside "
            "each other.",
        ),
    ] = None,
    depth: options.Depth = None,
    format: FormatOption = Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Memory of inference and of training, the cost of a training step, and what fits a given memory."""
    workload = WorkloadOptions(seconds, samples, frames, 1 if batch is None else batch, dtype)
    analyses = analyze_configs(configs, ConfigOptions(overrides, dialect, allow_unknown), workload)
    name = None if precision is None else precision.value
    costs = [memory_of(analysis, fit=fit, checkpointing=checkpointing, precision=name) for analysis in analyses]

    def reports() -> "list[Report]":
        from w2v_explore.report.memory import memory_report

        return [memory_report(each, checkpointing, depth) for each in costs]

    def csv() -> str:
        from w2v_explore.report.csv import memory_csv

        return memory_csv(costs, depth)

    render(format, reports=reports, document=lambda: one_or_list([each.to_dict(depth) for each in costs]), csv=csv)
    workload_was_given = any(given is not None for given in (seconds, samples, frames, batch))
    if workload_was_given and not all(each.workload_fits for each in costs):
        raise typer.Exit(ANSWER_IS_NO)
