"""``w2v-explore plan``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render, spare
from w2v_explore.cli.streams import say
from w2v_explore.files.read import note_file

if TYPE_CHECKING:
    from w2v_explore.analysis.plan.lengths import Progress
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)

_DEVICES, _DATA = "The devices", "The data"

# Of a manifest that is read in a second or so.
_LARGE_BYTES = 50 * 10**6


class Strategy(str, Enum):
    """How devices divide a model; a test holds it against `STRATEGIES`."""

    DDP = "ddp"
    ZERO1 = "zero1"
    ZERO2 = "zero2"
    ZERO3 = "zero3"
    FSDP = "fsdp"
    FSDP_HYBRID = "fsdp-hybrid"


class Objective(str, Enum):
    """What a model learns; a test holds it against `OBJECTIVES`."""

    CONTRASTIVE = "contrastive"
    MASKED_PREDICTION = "masked-prediction"
    SELF_DISTILLATION = "self-distillation"
    CTC = "ctc"


@app.command()
def plan(
    config: Annotated[
        str | None,
        typer.Argument(metavar="CONFIG", help=f"{options.CONFIG_HELP} Of a training config, what it says of training."),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            "--card",
            metavar="CARD",
            help="Each device: a name of --cards, or a YAML file with a card.",
            rich_help_panel=_DEVICES,
        ),
    ] = None,
    devices: Annotated[
        int | None, typer.Option("--devices", help="How many of them.", rich_help_panel=_DEVICES)
    ] = None,
    strategy: Annotated[
        Strategy | None,
        typer.Option("--strategy", help="How they divide the model; ddp by default.", rich_help_panel=_DEVICES),
    ] = None,
    precision: Annotated[
        options.Precision | None,
        typer.Option(
            "--precision",
            help="Of training; amp-bfloat16 by default, where the card has it.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    compile: Annotated[
        bool, typer.Option("--compile", help="With torch.compile.", rich_help_panel=options.TRAINING)
    ] = False,
    checkpointing: Annotated[
        bool,
        typer.Option(
            "--checkpointing",
            help="With activation checkpoints at each transformer layer.",
            rich_help_panel=options.TRAINING,
        ),
    ] = False,
    objective: Annotated[
        Objective | None,
        typer.Option(
            "--objective", help="What is learned: adds the parts of pre-training.", rich_help_panel=options.TRAINING
        ),
    ] = None,
    optimizer: Annotated[
        options.Optimizer | None,
        typer.Option(
            "--optimizer",
            help="What keeps states of each parameter that is trained; adamw by default.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    batch_seconds: Annotated[
        float | None,
        typer.Option(
            "--batch-seconds",
            help="The most audio of a batch of one device, as max_tokens.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    accumulate: Annotated[
        int | None,
        typer.Option("--accumulate", help="Batches of a device that make an update.", rich_help_panel=options.TRAINING),
    ] = None,
    total_batch_seconds: Annotated[
        float | None,
        typer.Option(
            "--total-batch-seconds",
            help="Audio of an update on all devices; batches accumulate up to it.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    updates: Annotated[
        int | None, typer.Option("--updates", help="Steps of the optimizer.", rich_help_panel=options.TRAINING)
    ] = None,
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs",
            help="Passes over the data instead, with --manifest or --data-hours.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    manifest: Annotated[
        str | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="The utterances: fairseq's .tsv, Kaldi's wav.scp or utt2dur, JSON lines, or a list of seconds.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    data_hours: Annotated[
        float | None, typer.Option("--data-hours", help="Hours of audio, instead.", rich_help_panel=_DATA)
    ] = None,
    lengths: Annotated[
        str | None,
        typer.Option(
            "--lengths",
            metavar="FILE",
            help="With --data-hours, a histogram: lines of seconds and how many have them.",
            rich_help_panel=_DATA,
        ),
    ] = None,
    skip_bad: Annotated[
        bool,
        typer.Option(
            "--skip-bad", help="Leave out and count wrong lines of --manifest or --lengths.", rich_help_panel=_DATA
        ),
    ] = False,
    as_recipe: Annotated[
        str | None,
        typer.Option(
            "--as-recipe",
            metavar="RECIPE",
            help="Train as published, as hubert_base: its batch and updates on any devices; or as a training config.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    observed: Annotated[
        str | None,
        typer.Option(
            "--observed",
            metavar="RATE",
            help="How far '73 updates in 20 min' is from published runs.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    price: Annotated[
        float | None,
        typer.Option("--price", help="Of a device and hour, as 1.80: what all of it costs.", rich_help_panel=_DEVICES),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(
            "--within",
            metavar="TIME",
            help="What fits 3d, 36h or 90min. Exit with 1 where the training takes longer.",
            rich_help_panel=options.CHECKS,
        ),
    ] = None,
    cards: Annotated[
        bool, typer.Option("--cards", help="List the cards, and what each can do.", rich_help_panel=_DEVICES)
    ] = False,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Memory of each device, hours and cost of a training, before it is begun.

    Exit with 1 where it does not fit.
    """
    check_output(output, format)
    if cards:
        _list_cards(config, format, output)
        return
    if config is None:
        raise typer.BadParameter("give a config to plan the training of, or --cards")
    if card is None:
        raise typer.BadParameter("give --card, as --card a100-80gb; `w2v-explore plan --cards` lists them")
    from w2v_explore.analysis.plan.plan import plan as plan_of
    from w2v_explore.analysis.plan.subject import subject_in
    from w2v_explore.cli.evaluate import ConfigOptions, read_subjects
    from w2v_explore.results.documents import one_or_list

    subjects = read_subjects(
        [config],
        ConfigOptions(overrides, dialect, allow_unknown, variants),
        lambda document, edits: subject_in(document, edits, allow_unknown=allow_unknown),
    )
    if manifest is not None:
        note_file(manifest)  # which may take a while to read
    spare(output)
    with _progress(config, manifest) as progress:
        plans = [
            plan_of(
                subject,
                card=card,
                devices=devices,
                strategy=strategy.value if strategy is not None else None,
                precision=precision.value if precision is not None else None,
                compiled=compile,
                checkpointing=checkpointing,
                objective=objective.value if objective is not None else None,
                optimizer=optimizer.value if optimizer is not None else None,
                batch_seconds=batch_seconds,
                accumulate=accumulate,
                total_batch_seconds=total_batch_seconds,
                updates=updates,
                epochs=epochs,
                manifest=manifest,
                data_hours=data_hours,
                lengths=lengths,
                skip_bad=skip_bad,
                as_recipe=as_recipe,
                observed=observed,
                price=price,
                within=within,
                progress=progress,
            )
            for subject in subjects
        ]

    # What pre-training adds is counted here, whatever is said of the config alone.
    say(*dict.fromkeys(warning for found in plans for warning in found.analysis.config.warnings))

    def reports() -> "list[Report]":
        from w2v_explore.report.plan import plan_report

        return [plan_report(found) for found in plans]

    def csv() -> str:
        from w2v_explore.report.csv import plan_csv

        return plan_csv(plans)

    def page() -> "Page":
        from w2v_explore.report.html.plan import plan_page

        return plan_page(plans, reports())

    render(
        format,
        reports=reports,
        document=lambda: one_or_list([found.to_dict() for found in plans]),
        csv=csv,
        page=page,
        output=output,
    )
    if not all(found.answer for found in plans):
        raise typer.Exit(ANSWER_IS_NO)


@contextmanager
def _progress(config: str, manifest: str | None) -> "Iterator[Progress | None]":
    """A progress bar where a manifest is read that takes a while; nothing otherwise."""
    if manifest is None or not os.path.isfile(manifest) or os.path.getsize(manifest) < _LARGE_BYTES:
        yield None
        return
    from w2v_explore.cli.evaluate import show_progress

    with show_progress(config) as progress:
        yield progress


def _list_cards(config: str | None, format: PageFormat, output: str | None) -> None:
    """The cards of the table, which have nothing to do with a config."""
    if config is not None:
        raise typer.BadParameter("--cards lists the cards, whatever the config; leave one of both out")
    from w2v_explore.analysis.plan.cards import cards_document, known_cards

    cards = list(known_cards().values())

    def reports() -> "list[Report]":
        from w2v_explore.report.plan import cards_report

        return [cards_report(cards)]

    def csv() -> str:
        from w2v_explore.report.csv import cards_csv

        return cards_csv(cards_document(cards))

    def page() -> "Page":
        from w2v_explore.report.html.plan import cards_page

        return cards_page(reports())

    render(format, reports=reports, document=lambda: cards_document(cards), csv=csv, page=page, output=output)
