"""``w2v-explore memory``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.memory.costs import memory as memory_of
from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.memory.recipe import PEOPLE_RUN
from w2v_explore.arguments import DEFAULT_SECONDS
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, load_configs
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render
from w2v_explore.results.documents import one_or_list

if TYPE_CHECKING:
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)

_FIT = "What has to fit"


@app.command()
def memory(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    seconds: Annotated[
        str | None,
        typer.Option(
            "--seconds",
            help=f"Duration of each utterance, or several: 5,10,20; {DEFAULT_SECONDS:g} by default.",
            rich_help_panel=options.WORKLOAD,
        ),
    ] = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", help="Utterances in the batch; 1 by default.", rich_help_panel=options.WORKLOAD),
    ] = None,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit",
            metavar="SIZE",
            help="Whether a training step fits 24GiB, or 24GB (10^9 bytes each, as 24G), in --precision, "
            f"{PEOPLE_RUN} by default, and as the other options say; what makes it fit; the largest batch and the "
            "longest audio that do. Exit with 1 where a --batch, --seconds, --samples or --frames was given and that "
            "step does not fit, though others and inference may.",
            rich_help_panel=_FIT,
        ),
    ] = None,
    reserve: Annotated[
        str | None,
        typer.Option(
            "--reserve",
            metavar="SIZE",
            help="What of --fit is left for the device's context and the allocator; 1GiB by default, 0 for nothing.",
            rich_help_panel=_FIT,
        ),
    ] = None,
    checkpointing: Annotated[
        bool,
        typer.Option(
            "--checkpointing",
            help="Also with activation checkpoints at each transformer layer; they count for whether it fits.",
            rich_help_panel=options.TRAINING,
        ),
    ] = False,
    precision: Annotated[
        options.Precision | None,
        typer.Option(
            "--precision",
            help="Of training: what has to fit --fit, and what each layer is said to keep. All precisions are shown "
            "beside each other.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            "--train",
            metavar="WHAT",
            help="What is trained: all, head, not-extractor, not-encoder, adapters, or re:PATTERN, a regular "
            "expression that is searched in the names of parameters; all by default, with --lora its adapters alone.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    lora: Annotated[
        str | None,
        typer.Option(
            "--lora",
            metavar="R:NAMES",
            help="Low-rank adapters beside linear layers: r=16:q_proj,v_proj.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    attention: Annotated[
        options.Attention,
        typer.Option(
            "--attention",
            help="By a fused kernel, written out (eager), or by torch without a fused one.",
            rich_help_panel=options.TRAINING,
        ),
    ] = options.Attention.FUSED,
    optimizer: Annotated[
        options.Optimizer,
        typer.Option(
            "--optimizer", help="What keeps states of each parameter that is trained.", rich_help_panel=options.TRAINING
        ),
    ] = options.Optimizer.ADAMW,
    teacher: Annotated[
        bool,
        typer.Option(
            "--teacher",
            help="Also an average of the model over time beside it, as in data2vec.",
            rich_help_panel=options.TRAINING,
        ),
    ] = False,
    accumulate: Annotated[
        int,
        typer.Option(
            "--accumulate",
            help="Batches whose gradients are added up before an update: gradients stay meanwhile.",
            rich_help_panel=options.TRAINING,
        ),
    ] = 1,
    depth: options.Depth = None,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Memory of inference and of training, the cost of a training step, and what fits a given memory."""
    if reserve is not None and fit is None:
        raise typer.BadParameter("--reserve goes with --fit")
    check_output(output, format)
    lengths = [None] if seconds is None else options.numbers_of("--seconds", seconds, float, "5,10,20")
    workloads = [WorkloadOptions(each, samples, frames, 1 if batch is None else batch, dtype) for each in lengths]
    workloads[0].check()
    name = None if precision is None else precision.value
    by_config = [
        [
            memory_of(
                analyze(config, workload.of(config)),
                fit=fit,
                reserve=RESERVE_BYTES if reserve is None else reserve,
                checkpointing=checkpointing,
                precision=name,
                train=train,
                lora=lora,
                attention=attention.value,
                optimizer=optimizer.value,
                teacher=teacher,
                accumulate=accumulate,
            )
            for workload in workloads
        ]
        for config in load_configs(configs, ConfigOptions(overrides, dialect, allow_unknown, variants))
    ]
    costs = [each for by_length in by_config for each in by_length]

    def reports() -> "list[Report]":
        if len(lengths) > 1:
            from w2v_explore.report.memory_lengths import lengths_report

            precisions = dict.fromkeys([name] if name else [PEOPLE_RUN, dtype.value])
            return [lengths_report(by_length, list(precisions), checkpointing) for by_length in by_config]
        from w2v_explore.report.memory import memory_report

        return [memory_report(each, checkpointing, depth) for each in costs]

    def csv() -> str:
        from w2v_explore.report.csv import memory_csv

        return memory_csv(costs, depth)

    def page() -> "Page":
        from w2v_explore.report.html.memory import memory_page

        return memory_page(by_config, reports(), checkpointing, name)

    render(
        format,
        reports=reports,
        document=lambda: one_or_list([each.to_dict(depth) for each in costs]),
        csv=csv,
        page=page,
        output=output,
    )
    workload_was_given = any(given is not None for given in (seconds, samples, frames, batch))
    if workload_was_given and not all(each.workload_fits for each in costs):
        raise typer.Exit(ANSWER_IS_NO)
