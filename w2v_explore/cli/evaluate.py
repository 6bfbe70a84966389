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
from w2v_explore.cli.options import DEFAULT_SECONDS
from w2v_explore.config.load import Config, load_config
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import ConfigError, MissingExtraError
from w2v_explore.report.result import Measurement, Result

if TYPE_CHECKING:
    from w2v_explore.measure.latency import Progress

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
) -> list[Result]:
    """The results for configs under one workload; with a device, measured one after the other."""
    if seconds is not None and samples is not None:
        raise typer.BadParameter("give --seconds or --samples, not both")
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
        analyses.append(analyze(config, workload))
    if device is None:
        return [Result(analysis=analysis) for analysis in analyses]
    return [Result(analysis=analysis, measurement=_measure(analysis, device, runs)) for analysis in analyses]


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


def _measure(analysis: Analysis, device: str, runs: int | None) -> Measurement:
    try:
        from w2v_explore.measure.audit import audit_macs
        from w2v_explore.measure.latency import DEFAULT_RUNS, example_input, measure_latency
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"--device needs {error.name}, which is not installed: pip install 'w2v-explore[torch]'"
        ) from error
    gc.enable()
    with _progress(analysis.config.name) as progress:
        latency, model = measure_latency(analysis, device, runs=runs or DEFAULT_RUNS, progress=progress)
        progress("counting MACs with fvcore", 0, 1)
        waveforms = example_input(analysis, next(model.parameters()).device)
        macs_audit = audit_macs(model, waveforms, analysis.macs)
    return Measurement(latency=latency, macs_audit=macs_audit)


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
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
