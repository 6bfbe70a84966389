"""``w2v-explore search``."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from contextlib import nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore import interrupt
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, load_configs, read_subjects, show_progress
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.pictures import check_apart, picture_format, require_picture
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render, spare
from w2v_explore.cli.streams import say
from w2v_explore.config.entries import Document, Entry
from w2v_explore.config.load import Config, config_of
from w2v_explore.config.metadata import SEARCH
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.reading import read_config
from w2v_explore.errors import needs_extra
from w2v_explore.files.write import write_atomically

if TYPE_CHECKING:
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report
    from w2v_explore.search.answer import Answer
    from w2v_explore.search.question.candidates import Mode
    from w2v_explore.search.question.question import Question

app = typer.Typer(add_completion=False)

# What takes longer than a second or two.
_MANY = 200

_SPACE, _ASKED, _RUN = "What varies", "What is asked", "How it is worked through"


class Sampler(str, Enum):
    """What draws combinations; a test holds it against `SAMPLERS`."""

    NSGA2 = "nsga2"
    NSGA3 = "nsga3"
    GP = "gp"


@app.command()
def search(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    space: Annotated[
        str | None,
        typer.Option(
            "--space",
            metavar="FILE",
            help="A YAML with `search:`, fields and their values; the config's own by default.",
            rich_help_panel=_SPACE,
        ),
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(
            "--free",
            metavar="FIELD[=VALUES]",
            help="Vary it too: by the steps that sensitivity knows, or through values as 512,768 or 2..24:2; "
            "repeatable.",
            rich_help_panel=_SPACE,
        ),
    ] = None,
    minimize: Annotated[
        list[str] | None,
        typer.Option(
            "--minimize",
            metavar="FIGURE",
            help="Less of it is better, as of macs, stride_ms or any that --require takes: the frontier of one to five "
            "figures.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    maximize: Annotated[
        list[str] | None,
        typer.Option("--maximize", metavar="FIGURE", help="More of it is better.", rich_help_panel=_ASKED),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            metavar="K",
            help="The first by one figure instead of a frontier; how many with --target (5) and of each depth with "
            "--like (1).",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="CONDITION",
            help="Instead, the fewest and least edits that reach 'macs -50%', a change, or 'macs <= 5G'; repeatable.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="FIGURE|FIELD",
            help="With --target, a figure or a field that stays as it is; repeatable.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="TEACHER",
            help="Instead, of each depth the shape whose figures are nearest to --ratio of a teacher's.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    ratio: Annotated[
        list[str] | None,
        typer.Option(
            "--ratio",
            metavar="FIGURE=R",
            help="With --like, how much of a figure is wanted, as parameters=0.25; repeatable.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require",
            metavar="CONDITION",
            help="It must hold: 'macs <= 5G' or 'stride == 320' of a figure, 'parameters <= -10%' of a change; "
            "repeatable.",
            rich_help_panel=_ASKED,
        ),
    ] = None,
    lint_clean: Annotated[
        bool,
        typer.Option("--lint-clean", help="The linter must have no warning of it.", rich_help_panel=_ASKED),
    ] = False,
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    precision: options.TrainingPrecision = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes; as many as there are cores by default.", rich_help_panel=_RUN),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="URL",
            help="A Dask cluster works instead, whose scheduler is at tcp://host:8786. Needs the extra cluster.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="FILE",
            help="Keep there what was found, and go on from it where it is there already.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Go through a space that takes long.", rich_help_panel=_RUN),
    ] = False,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            metavar="N",
            min=1,
            help="Have Optuna draw so many combinations instead of going through all: for more than a billion.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    sampler: Annotated[
        Sampler | None, typer.Option("--sampler", help="What draws them; nsga2 by default.", rich_help_panel=_RUN)
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of what is drawn; 0 by default.", rich_help_panel=_RUN)
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            "--storage",
            metavar="URL",
            help="Where trials lie, and are gone on from: postgresql://host/database, which many machines can join, or "
            "a file; by default one in the user's cache.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    to_optuna: Annotated[
        str | None,
        typer.Option(
            "--to-optuna",
            metavar="URL",
            help="Enqueue what was found as trials of a study there, for a training of your own.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEVICE",
            help=f"Measure what was found in turns, on {options.DEVICES}; then a latency may be a FIGURE too.",
            rich_help_panel=options.LATENCY,
        ),
    ] = None,
    runs: options.Runs = None,
    write: Annotated[
        str | None,
        typer.Option(
            "--write",
            metavar="DIR",
            help="Write a config for each design into a folder that is new or empty.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Write the frontier of two figures there, or the shapes that are like a teacher: .svg or .png.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Propose designs: of all configs in a space the frontier of figures, the nearest to a target, or the first.

    Closed forms are exact, and the whole space is looked through. Exit with 1 where nothing satisfies what is required.
    """
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype, precision)
    workload.check()
    with needs_extra("search", "search"):
        from w2v_explore.search.asked import Asked, question_of
        from w2v_explore.search.question.modes import parse_ratios
        from w2v_explore.search.space.read import section_in, space_of
        from w2v_explore.search.write import require_folder, write_designs
    _check_sampling(
        trials,
        {"--sampler": sampler, "--seed": seed, "--storage": storage},
        {"--workers": workers, "--scheduler": scheduler, "--resume": resume, "--yes": yes},
    )
    options.check_runs(runs, device)
    check_output(output, format)
    # Thousands of designs are analysed, each of which leaves cycles.
    gc.enable()
    ratios = parse_ratios(ratio or ())
    _check_read_once({"CONFIG": config, "--space": space, "--like": like})
    # A journal has room for several studies.
    study = None if to_optuna == storage else to_optuna
    check_apart({
        "--plot": plot, "--write": write, "--resume": resume, "--storage": _file_of(storage),
        "--to-optuna": _file_of(study), "--output": output,
    })  # fmt: skip
    base, section = _read(config, ConfigOptions(overrides, dialect, allow_unknown))
    [teacher] = load_configs([like], ConfigOptions(None, None, allow_unknown)) if like is not None else [None]
    asked = Asked(
        minimize or (), maximize or (), target or (), keep or (), teacher, ratios, top, require or (), lint_clean,
        device,
    )  # fmt: skip
    asked.check("--")
    given = section if space is None else section_in(space)
    question = question_of(space_of(base, given, free or ()), workload.of(base), asked, "--")
    spare(output, plot)
    if write is not None:
        require_folder(write)
    if plot is not None:
        _check_plot(plot, question.mode)
    if to_optuna is not None:
        _check_study(to_optuna)
    if device is not None and scheduler is None:
        _check_device(device)
    if trials is None:
        answer = _go_through(question, workers, scheduler, resume, yes)
    else:
        answer = _sample(question, trials, sampler, seed, storage)
    if device is not None:
        answer = _measure(answer, device, runs, scheduler)

    def reports() -> list[Report]:
        from w2v_explore.report.search import search_report

        return [search_report(answer)]

    def csv() -> str:
        from w2v_explore.report.csv import search_csv

        return search_csv(answer)

    def page() -> Page:
        from w2v_explore.report.html.search import search_page

        return search_page(answer, reports())

    render(format, reports=reports, document=answer.to_dict, csv=csv, page=page, output=output)
    if interrupt.came():
        # What was found so far is said, and no file is made of it.
        return
    if plot is not None and answer.designs:
        _write_plot(answer, plot)
    if write is not None and answer.designs:
        files = write_designs(answer, write)
        say(f"wrote {len(files):,} config{'s' if len(files) > 1 else ''} to {write}")
    if to_optuna is not None and answer.designs:
        _enqueue(answer, to_optuna)
    if not answer.designs:
        raise typer.Exit(ANSWER_IS_NO)


def _check_sampling(trials: int | None, sampling: Mapping[str, object], going_through: Mapping[str, object]) -> None:
    """Refuse what says how to sample a space that is gone through, and the other way round."""
    others = sampling if trials is None else going_through
    given = next((option for option, value in others.items() if value not in (None, False)), None)
    if given is not None and trials is None:
        raise typer.BadParameter(f"{given} is about a sample; give --trials too")
    if given is not None:
        raise typer.BadParameter(
            f"{given} is about going through a whole space, and --trials samples it; leave one out"
        )


def _check_read_once(inputs: Mapping[str, str | None]) -> None:
    """Refuse to read standard input for two of the arguments: the second would find it empty."""
    from_stdin = [name for name, reference in inputs.items() if reference == "-"]
    if len(from_stdin) > 1:
        raise typer.BadParameter(
            f"{from_stdin[0]} and {from_stdin[1]} cannot both be standard input; name a file for {from_stdin[1]}"
        )


def _file_of(storage: str | None) -> str | None:
    """The path of a journal, or of the file in which SQLite has a database."""
    return None if storage is None else storage.removeprefix("sqlite:///")


def _check_study(storage: str) -> None:
    with needs_extra("--to-optuna", "sampling"):
        from w2v_explore.search.sampling.enqueue import require_storage
    require_storage(storage)


def _check_device(device: str) -> None:
    with needs_extra("--device"):
        from w2v_explore.model.device import find_device
    find_device(device)


def _go_through(
    question: Question, workers: int | None, scheduler: str | None, resume: str | None, is_long_meant: bool
) -> Answer:
    from w2v_explore.search.find import answer_from_all
    from w2v_explore.search.running.run import cores
    from w2v_explore.search.running.size import require_countable, require_short

    require_countable(question.space)
    if scheduler is None and not is_long_meant:
        require_short(question, workers or cores())
    name = question.space.config.name
    # What is done at once needs no bar.
    with show_progress(name, "configs") if question.space.size >= _MANY else nullcontext() as progress:
        return answer_from_all(question, workers=workers, scheduler=scheduler, resume=resume, progress=progress)


def _sample(question: Question, trials: int, sampler: Sampler | None, seed: int | None, storage: str | None) -> Answer:
    from w2v_explore.search.find import answer_from_sample

    with needs_extra("--trials", "sampling"):
        from w2v_explore.search.sampling.sample import own_journal
    name, seed = (sampler or Sampler.NSGA2).value, seed or 0
    where = str(own_journal(question, name, seed)) if storage is None else storage
    with show_progress(question.space.config.name) as progress:
        return answer_from_sample(question, trials, sampler=name, seed=seed, storage=where, progress=progress)


def _measure(answer: Answer, device: str, runs: int | None, scheduler: str | None) -> Answer:
    from w2v_explore.search.question.survivors import Survivors
    from w2v_explore.search.second_stage import measure_answer

    try:
        with show_progress(answer.question.space.config.name) as progress:
            return measure_answer(answer, device, runs=runs or options.TURNS, scheduler=scheduler, progress=progress)
    except KeyboardInterrupt:
        # Which of them are the best in a latency, nobody knows yet.
        if isinstance(answer.question.mode, Survivors):
            raise
        say("broken off while designs were measured; what is said of them is in closed form")
        return answer


def _enqueue(answer: Answer, storage: str) -> None:
    from w2v_explore.search.sampling.enqueue import enqueue
    from w2v_explore.search.sampling.sample import study_name

    name = f"{study_name(answer.question)}, to be trained"
    enqueued = enqueue([design.fields for design in answer.designs], storage, name)
    known = f", which knew {enqueued.known:,} already" if enqueued.known else ""
    trials = f"{enqueued.added:,} trial{'s' * (enqueued.added != 1)}"
    say(f"enqueued {trials} in the study {enqueued.study!r} in {enqueued.storage}{known}")


def _check_plot(path: Path, mode: Mode) -> None:
    from w2v_explore.report.search_scatter import is_drawn

    if not is_drawn(mode):
        raise typer.BadParameter("--plot draws a frontier of two figures or more, or what is --like a teacher")
    require_picture(path)


def _write_plot(answer: Answer, path: Path) -> None:
    from w2v_explore.report.search import plot_search

    write_atomically(str(path), plot_search(answer, picture_format(path)))


def _read(reference: str, how: ConfigOptions) -> tuple[Config, Entry | None]:
    """A config, and what it says of a space around it."""

    def read(document: Document, overrides: Overrides) -> tuple[Config, Entry | None]:
        reading = read_config(document, overrides, allow_unknown=how.allow_unknown)
        return config_of(reading), reading.entries.get(SEARCH)

    [(config, section)] = read_subjects([reference], how, read)
    say(*config.warnings)
    return config, section
