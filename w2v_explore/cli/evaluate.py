"""From command-line arguments to results: what `summary` and `compare` have in common."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.workload import Workload
from w2v_explore.cli.options import check_threads
from w2v_explore.cli.streams import say
from w2v_explore.config.load import Config, load_config
from w2v_explore.diagnostics import Problem
from w2v_explore.encoding import printable
from w2v_explore.errors import CalibrationError, ConfigError, needs_extra
from w2v_explore.report.result import Measurement, Result

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.measure.latency import Latency, Progress

MAX_RUNS = 10_000
RUNS, TURNS = 10, 30


def evaluate(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    seconds: float | None,
    samples: int | None,
    batch: int,
    dtype: str,
    device: str | None = None,
    runs: int | None = None,
    dialect: str | None = None,
    allow_unknown: bool = False,
    baseline: Baseline | None = None,
    predict: bool = False,
    threads: int | None = None,
    in_turns: bool = False,
) -> list[Result]:
    """The results for configs under one workload, that of the baseline; predicted, or measured on a device.

    What is measured is so config by config, or with ``in_turns`` by turns.
    """
    if seconds is not None and samples is not None:
        raise typer.BadParameter("give --seconds or --samples, not both")
    if predict and runs is not None:
        raise typer.BadParameter("--predict runs nothing: leave out --runs")
    if threads is not None and not predict:
        raise typer.BadParameter("--threads goes with --predict")
    check_threads(threads, device)
    if runs is not None and device is None:
        raise typer.BadParameter("--runs goes with --device")
    if runs is not None and not 1 <= runs <= MAX_RUNS:
        raise typer.BadParameter(f"--runs is {runs}; give a number from 1 to {MAX_RUNS}")
    analyses = []
    for config in load_configs(references, overrides, dialect, allow_unknown):
        workload = Workload.of(config, seconds=seconds, samples=samples, batch=batch, dtype=dtype)
        if baseline is not None:
            from w2v_explore.analysis.comparing.baseline import require_same_workload

            require_same_workload(baseline, workload)
        analyses.append(analyze(config, workload))
    if predict:
        return _predict(analyses, device or "cpu", dtype, threads)
    if device is None:
        return [Result(analysis=analysis) for analysis in analyses]
    if in_turns:
        return _measure(analyses, device, runs or TURNS)
    return [result for analysis in analyses for result in _measure([analysis], device, runs or RUNS)]


def measured_figures(results: Sequence[Result]) -> dict[str, list[float]]:
    """The measured figures, one value per config."""
    measured = [(result.measurement.latency, result.analysis.config.model) for result in results if result.measurement]
    if not measured:
        return {}
    from w2v_explore.analysis import figures

    components = figures.components_of(model for _, model in measured)
    columns = [figures.measured_figures(latency, model.family.components, components) for latency, model in measured]
    return {name: [column[name] for column in columns] for name in columns[0]}


def audits_agree(results: Sequence[Result]) -> bool:
    """Whether every independent count of MACs that was made equals the closed form."""
    return all(audit.agrees for result in results if result.measurement and (audit := result.measurement.macs_audit))


def load_configs(
    references: Sequence[str], overrides: Sequence[str], dialect: str | None = None, allow_unknown: bool = False
) -> list[Config]:
    """All configs; what is wrong in any of them is reported together.

    What stands beside another program's architecture and is not counted is said on standard error.
    """
    configs: list[Config] = []
    problems: list[Problem] = []
    for reference in references:
        try:
            configs.append(load_config(reference, overrides, dialect, allow_unknown=allow_unknown))
        except ConfigError as error:
            problems += error.problems
    if problems:
        # The same override is wrong in every config, or the same base.
        raise ConfigError(list(dict.fromkeys(problems)))
    say(*dict.fromkeys(warning for config in configs for warning in config.warnings))
    return configs


def _predict(analyses: Sequence[Analysis], device: str, dtype: str, threads: int | None) -> list[Result]:
    from w2v_explore.analysis.latency.calibration import require_calibration
    from w2v_explore.analysis.latency.prediction import predict

    calibration = require_calibration(device, dtype, threads)
    return [Result(analysis=analysis, prediction=predict(analysis, calibration)) for analysis in analyses]


def _measure(analyses: Sequence[Analysis], device: str, runs: int) -> list[Result]:
    """The results of models that take turns, with fvcore's count of each."""
    with needs_extra("--device"):
        from w2v_explore.measure.audit import audit_macs
        from w2v_explore.measure.latency import Plan, example_input, measure_in_turns
    gc.enable()
    results = []
    with show_progress(", ".join(analysis.config.name for analysis in analyses)) as progress:
        measured = measure_in_turns(analyses, device, plan=Plan(runs=runs), progress=progress)
        for analysis, (latency, model) in zip(analyses, measured, strict=True):
            progress("counting MACs with fvcore", 0, 1)
            waveforms = example_input(analysis, next(model.parameters()).device)
            audit = audit_macs(model, waveforms, analysis.macs)
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
def show_progress(name: str) -> Iterator[Progress]:
    """A progress bar on standard error, gone once the work is done; nothing where that is no terminal.

    It is drawn when it is told something, and by no thread of its own, which would take time from what is measured.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(printable(name))

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=printable(f"{name}: {step}"), completed=done, total=total, refresh=True)

        yield show
