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
from w2v_explore.cli.options import DEFAULT_SECONDS, check_threads
from w2v_explore.config.load import Config, load_config
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import CalibrationError, ConfigError, MissingExtraError
from w2v_explore.report.result import Measurement, Result

if TYPE_CHECKING:
    from w2v_explore.analysis.baseline import Baseline
    from w2v_explore.analysis.calibration import Calibration
    from w2v_explore.measure.latency import Latency, Progress

_MAX_RUNS = 100_000


def evaluate(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    seconds: float | None,
    samples: int | None,
    batch: int,
    dtype: str,
    device: str | None,
    runs: int | None,
    dialect: str | None = None,
    baseline: Baseline | None = None,
    predict: bool = False,
    threads: int | None = None,
) -> list[Result]:
    """The results for configs under one workload, that of the baseline; measured on a device in turn, or predicted."""
    if seconds is not None and samples is not None:
        raise typer.BadParameter("give --seconds or --samples, not both")
    if predict and runs is not None:
        raise typer.BadParameter("--predict runs nothing: leave out --runs")
    if threads is not None and not predict:
        raise typer.BadParameter("--threads goes with --predict")
    check_threads(threads, device)
    if runs is not None and device is None:
        raise typer.BadParameter("--runs goes with --device")
    if runs is not None and not 1 <= runs <= _MAX_RUNS:
        raise typer.BadParameter(f"--runs is {runs}; give a number from 1 to {_MAX_RUNS}")
    analyses = []
    for config in load_configs(references, overrides, dialect):
        rate = config.sample_rate
        if samples is not None:
            workload = Workload(samples=samples, batch=batch, sample_rate=rate, dtype=dtype)
        else:
            duration = DEFAULT_SECONDS if seconds is None else seconds
            workload = Workload.of_seconds(duration, batch=batch, sample_rate=rate, dtype=dtype)
        if baseline is not None:
            from w2v_explore.analysis.baseline import require_same_workload

            require_same_workload(baseline, workload)
        analyses.append(analyze(config, workload))
    if predict:
        return _predict(analyses, device or "cpu", dtype, threads)
    if device is None:
        return [Result(analysis=analysis) for analysis in analyses]
    return [Result(analysis=analysis, measurement=_measure(analysis, device, runs)) for analysis in analyses]


def measured_figures(results: Sequence[Result]) -> dict[str, list[float]]:
    """The measured figures, one value per config; a component that a config lacks took no time."""
    latencies = [result.measurement.latency for result in results if result.measurement]
    if not latencies:
        return {}
    from w2v_explore.analysis.figures import COMPONENTS

    metrics = {
        "latency.end_to_end.median_s": [latency.end_to_end.median_s for latency in latencies],
        "latency.real_time_factor": [result.real_time_factor or 0.0 for result in results],
    }
    for component, path in COMPONENTS.items():
        layers = [latency.layers.get(path) for latency in latencies]
        metrics[f"{component}.latency_s"] = [layer.total.median_s if layer else 0.0 for layer in layers]
    return metrics


def audits_agree(results: Sequence[Result]) -> bool:
    """Whether every independent count of MACs that was made equals the closed form."""
    return all(result.measurement is None or result.measurement.macs_audit.agrees for result in results)


def load_configs(references: Sequence[str], overrides: Sequence[str], dialect: str | None = None) -> list[Config]:
    """All configs; what is wrong in any of them is reported together.

    What stands beside another program's architecture and is not counted is said on standard error.
    """
    configs: list[Config] = []
    problems: list[Problem] = []
    for reference in references:
        try:
            configs.append(load_config(reference, overrides, dialect))
        except ConfigError as error:
            problems += error.problems
    if problems:
        # The same override is wrong in every config, or the same base.
        raise ConfigError(list(dict.fromkeys(problems)))
    for warning in dict.fromkeys(warning for config in configs for warning in config.warnings):
        print(warning, file=sys.stderr)
    return configs


def _predict(analyses: Sequence[Analysis], device: str, dtype: str, threads: int | None) -> list[Result]:
    from w2v_explore.analysis.calibration import require_calibration
    from w2v_explore.analysis.prediction import predict

    calibration = require_calibration(device, dtype, threads)
    return [Result(analysis=analysis, prediction=predict(analysis, calibration)) for analysis in analyses]


def _measure(analysis: Analysis, device: str, runs: int | None) -> Measurement:
    try:
        from w2v_explore.measure.audit import audit_macs
        from w2v_explore.measure.latency import DEFAULT_RUNS, example_input, measure_latency
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"--device needs {error.name}, which is not installed: pip install 'w2v-explore[torch]'"
        ) from error
    gc.enable()
    with show_progress(analysis.config.name) as progress:
        latency, model = measure_latency(analysis, device, runs=runs or DEFAULT_RUNS, progress=progress)
        progress("counting MACs with fvcore", 0, 1)
        waveforms = example_input(analysis, next(model.parameters()).device)
        macs_audit = audit_macs(model, waveforms, analysis.macs)
    return Measurement(latency=latency, macs_audit=macs_audit, calibration=_calibration_of(latency))


def _calibration_of(latency: Latency) -> Calibration | None:
    """The calibration of the device that was measured with; a damaged one is no reason to lose the measurement."""
    from w2v_explore.analysis.calibration import find_calibration

    try:
        return find_calibration(latency.device, latency.dtype, latency.threads, latency.device_name)
    except CalibrationError as error:
        print(f"warning: {error}", file=sys.stderr)
        return None


@contextmanager
def show_progress(name: str) -> Iterator[Progress]:
    """A progress bar on standard error, gone once the work is done; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(name)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=f"{name}: {step}", completed=done, total=total)

        yield show
