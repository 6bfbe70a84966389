"""From command-line arguments to results, in the steps that commands have in common."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import typer

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.workload import Workload
from w2v_explore.cli.options import Dtype, FromDialect, Precision, name_of
from w2v_explore.cli.streams import say
from w2v_explore.config.entries import Document
from w2v_explore.config.load import Config, config_of, read_document
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable
from w2v_explore.errors import CalibrationError, ConfigError, needs_extra
from w2v_explore.results.result import Measurement, Result

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.measure.latency import Latency, Progress

_Subject = TypeVar("_Subject")

# As often as somebody sees it.
_REDRAW_S = 0.1


class ConfigOptions(NamedTuple):
    """How configs are read: ``--set``, ``--from``, ``--allow-unknown`` and ``--variant``."""

    overrides: Sequence[str] | None
    dialect: FromDialect | None
    allow_unknown: bool
    variants: Sequence[str] | None = None


class WorkloadOptions(NamedTuple):
    """What a config's model computes, and in which precision it is trained.

    ``--seconds``, ``--samples`` or ``--frames``, ``--batch``, ``--dtype``, ``--precision``.
    """

    seconds: float | None
    samples: int | None
    frames: int | None
    batch: int
    dtype: Dtype
    precision: Precision | None = None

    @property
    def is_stated(self) -> bool:
        """Whether a length or a batch was asked for."""
        return self[:4] != (None, None, None, 1)

    def check(self) -> None:
        """Refuse several lengths."""
        lengths = {"--seconds": self.seconds, "--samples": self.samples, "--frames": self.frames}
        given = [option for option, length in lengths.items() if length is not None]
        if len(given) > 1:
            raise typer.BadParameter(f"give {' or '.join(given[:2])}, not both")

    def of(self, config: Config) -> Workload:
        """The workload at a config's sample rate."""
        return Workload.of(
            config,
            seconds=self.seconds,
            samples=self.samples,
            frames=self.frames,
            batch=self.batch,
            dtype=self.dtype.value,
            precision=None if self.precision is None else self.precision.value,
        )


def read_subjects(
    references: Sequence[str], options: ConfigOptions, subject_of: Callable[[Document, Overrides], _Subject]
) -> list[_Subject]:
    """What a command is about: each config that it is given, then the variants of the first; all problems together.

    Args:
        references: Paths, names of presets, or ``-``, each of which is read once.
        options: How they are read.
        subject_of: Makes what the command wants of a document and of what overrides its fields.

    Raises:
        ConfigError: A config or a variant is wrong; carries the problems of all.
    """
    if references.count("-") > 1:
        raise typer.BadParameter("standard input comes once: write - for one config alone")
    dialect = name_of(options.dialect)
    documents = [read_document(each, dialect, allow_unknown=options.allow_unknown) for each in references]
    overrides = options.overrides or ()
    asked: list[tuple[Document, Overrides]] = [(document, overrides) for document in documents]
    if options.variants:
        # Few calls have any.
        from w2v_explore.cli.variants import read_variants

        asked += [(documents[0], [*overrides, variant]) for variant in read_variants(options.variants)]
    subjects: list[_Subject] = []
    problems: list[Problem] = []
    for document, edits in asked:
        try:
            subjects.append(subject_of(document, edits))
        except ConfigError as error:
            problems += error.problems
    if problems:
        # An override, or a base that several extend, is wrong in each config.
        raise ConfigError(list(dict.fromkeys(problems)))
    return subjects


def read_configs(references: Sequence[str], options: ConfigOptions) -> list[tuple[Config, Reading]]:
    """As `load_configs`, with what each was read from, and without a word."""

    def read(document: Document, overrides: Overrides) -> tuple[Config, Reading]:
        reading = read_config(document, overrides, allow_unknown=options.allow_unknown)
        return config_of(reading), reading

    return read_subjects(references, options, read)


def say_warnings(configs: Sequence[Config]) -> None:
    """Say on standard error what stands beside another program's architecture and is not counted."""
    say(*dict.fromkeys(warning for config in configs for warning in config.warnings))


def load_configs(references: Sequence[str], options: ConfigOptions) -> list[Config]:
    """All configs, and the variants of the first; what is wrong in any of them is reported together.

    What stands beside another program's architecture and is not counted is said on standard error.
    """
    configs = [config for config, _ in read_configs(references, options)]
    say_warnings(configs)
    return configs


def analyze_configs(
    references: Sequence[str], options: ConfigOptions, workload: WorkloadOptions, baseline: Baseline | None = None
) -> list[Analysis]:
    """The closed forms of configs under one workload, which is the baseline's where there is a baseline."""
    workload.check()
    return analyze_each(load_configs(references, options), workload, baseline)


def analyze_each(
    configs: Sequence[Config], workload: WorkloadOptions, baseline: Baseline | None = None
) -> list[Analysis]:
    """As `analyze_configs`, of configs that were loaded."""
    analyses = []
    for config in configs:
        own = workload.of(config)
        if baseline is not None:
            from w2v_explore.analysis.comparing.baseline import require_same_workload

            require_same_workload(baseline, own)
        analyses.append(analyze(config, own))
    return analyses


def predict_each(analyses: Sequence[Analysis], device: str, threads: int | None) -> list[Result]:
    """What a calibration of the device says of each model; nothing is run."""
    from w2v_explore.analysis.latency.calibration import require_calibration
    from w2v_explore.analysis.latency.prediction import predict

    calibration = require_calibration(device, analyses[0].workload.dtype, threads)
    return [Result(analysis=analysis, prediction=predict(analysis, calibration)) for analysis in analyses]


def measure_each(analyses: Sequence[Analysis], device: str, runs: int) -> list[Result]:
    """Models measured one after the other."""
    return [result for analysis in analyses for result in measure_by_turns([analysis], device, runs)]


def measure_by_turns(analyses: Sequence[Analysis], device: str, runs: int) -> list[Result]:
    """Models measured while they take turns, with fvcore's count of each."""
    with needs_extra("--device"):
        from w2v_explore.measure.audit import audit_macs, traced_macs
        from w2v_explore.measure.latency import Plan, example_input, measure_in_turns
    gc.enable()
    results = []
    with show_progress(", ".join(analysis.config.name for analysis in analyses)) as progress:
        measured = measure_in_turns(analyses, device, plan=Plan(runs=runs), progress=progress)
        for analysis, (latency, model) in zip(analyses, measured, strict=True):
            progress("counting MACs with fvcore", 0, 1)
            waveforms = example_input(analysis, next(model.parameters()).device)
            audit = audit_macs(model, waveforms, traced_macs(analysis))
            calibration = calibration_of(latency)
            measurement = Measurement(latency=latency, macs_audit=audit, calibration=calibration)
            results.append(Result(analysis=analysis, measurement=measurement))
    return results


def calibration_of(latency: Latency) -> Calibration | None:
    """The calibration of the device that was measured with; a damaged one is no reason to lose the measurement."""
    from w2v_explore.analysis.latency.calibration import find_calibration

    try:
        return find_calibration(latency.device, latency.dtype, latency.threads, latency.device_name)
    except CalibrationError as error:
        say(*f"warning: {error}".split("\n"))
        return None


@contextmanager
def show_progress(name: str, unit: str | None = None) -> Iterator[Progress]:
    """A progress bar on standard error, gone once the work is done; nothing where standard error is no terminal.

    The bar is drawn when it is told something. A thread of its own would take time from what is measured.

    Args:
        name: What is worked on.
        unit: What is counted where it is many of a kind, as ``configs``; then it is said how many a second are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    counted = (
        (MofNCompleteColumn(),)
        if unit is None
        else (
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}", markup=False),
            TextColumn("{task.fields[rate]}", markup=False),
        )
    )
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *counted, TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(printable(name), rate="")
        drawn = "", -_REDRAW_S

        def show(step: str, done: int, total: int) -> None:
            # Drawing takes longer than what is quick does.
            nonlocal drawn
            now = monotonic()
            is_due = step != drawn[0] or now >= drawn[1] + _REDRAW_S
            if unit is not None and step != drawn[0]:
                # What a file or another step had done already is not of this step's rate.
                bar.reset(task, completed=done, total=total)
            if is_due:
                drawn = step, now
            speed = bar.tasks[0].speed
            rate = f"{speed:,.0f} {unit}/s" if unit is not None and speed else ""
            description = printable(f"{name}: {step}")
            bar.update(task, description=description, completed=done, total=total, rate=rate, refresh=is_due)

        yield show
