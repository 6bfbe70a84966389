"""``w2v-explore latency``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import DEFAULT_SECONDS, MAX_RUNS, MAX_THREADS
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, calibration_of, load_configs, show_progress
from w2v_explore.cli.pictures import check_apart, picture_format, require_output, require_picture
from w2v_explore.cli.render import OutputOption, PageFormat, PageFormatOption, check_output, render, spare
from w2v_explore.cli.streams import do_each
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import needs_extra
from w2v_explore.files.write import write_atomically
from w2v_explore.results.result import Measurement, Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.latency import Plan
    from w2v_explore.report.html.page import Page
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def latency(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    device: Annotated[
        str,
        typer.Option(
            "--device", metavar="DEVICE", help=f"Where to run: {options.DEVICES}.", rich_help_panel=options.LATENCY
        ),
    ] = "cpu",
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    batch: options.Batch = 1,
    seconds: Annotated[
        str | None,
        typer.Option(
            "--seconds",
            help=f"Duration of each utterance, or several: 1,5,10,30; {DEFAULT_SECONDS:g} by default.",
            rich_help_panel=options.WORKLOAD,
        ),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            help="Frames of features instead, for a model that takes features, or several: 49,499.",
            rich_help_panel=options.WORKLOAD,
        ),
    ] = None,
    compiled: Annotated[
        bool,
        typer.Option("--compile", help="Measure the model as torch.compile makes it.", rich_help_panel=options.LATENCY),
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads",
            min=1,
            max=MAX_THREADS,
            help="Threads that torch computes with on the CPU.",
            rich_help_panel=options.LATENCY,
        ),
    ] = None,
    target_ci: Annotated[
        str | None,
        typer.Option(
            "--target-ci",
            metavar="SHARE",
            help="Measure until the median's 95 % interval is within this; 2% by default.",
            rich_help_panel=options.LATENCY,
        ),
    ] = None,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs",
            min=1,
            max=MAX_RUNS,
            help="Measure exactly so many passes instead.",
            rich_help_panel=options.LATENCY,
        ),
    ] = None,
    budget: Annotated[
        float,
        typer.Option(
            "--budget",
            min=0,
            help="Seconds that each measurement may take, once it has ten passes.",
            rich_help_panel=options.LATENCY,
        ),
    ] = 30.0,
    depth: options.Depth = None,
    format: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="Write the measured layers as a Chrome trace (JSON) there.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Write the curve over the durations there: .svg or .png.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    overrides: options.Overrides = None,
    variants: options.Variants = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """How long a forward pass takes, end to end and layer by layer, at one duration or several."""
    if runs is not None and target_ci is not None:
        raise typer.BadParameter("give --target-ci or --runs, not both")
    lengths = _parse_lengths(seconds, frames)
    target = _parse_target(target_ci or "2%")
    _check_outputs(trace, plot, lengths, compiled)
    check_output(output, format)
    check_apart({"--trace": trace, "--plot": plot, "--output": output})
    loaded = load_configs(configs, ConfigOptions(overrides, dialect, allow_unknown, variants))
    spare(output, trace, plot)
    with needs_extra("latency"):
        from w2v_explore.measure.latency import Plan
    gc.enable()
    analyses = [
        [analyze(config, Workload.of(config, **length, batch=batch, dtype=dtype.value)) for length in lengths]
        for config in loaded
    ]
    plan = Plan(runs=runs, target=target, budget_s=budget)
    results = [result for group in analyses for result in _measure(group, device, plan, threads, compiled)]
    # What was measured is shown first.
    do_each(
        lambda: _render(results, depth, format, output),
        lambda: _write_trace(results, trace),
        lambda: _write_plot(results, plot),
    )


def _measure(
    analyses: Sequence[Analysis], device: str, plan: Plan, threads: int | None, compiled: bool
) -> Iterator[Result]:
    """The results of one config; its model is built once for all durations."""
    from w2v_explore.measure.latency import measure_latency

    model = None
    for analysis in analyses:
        with show_progress(f"{analysis.config.name}, {analysis.workload.seconds:g} s") as progress:
            latency, model = measure_latency(
                analysis, device, plan=plan, threads=threads, compiled=compiled, model=model, progress=progress
            )
        measurement = Measurement(latency=latency, calibration=calibration_of(latency))
        yield Result(analysis=analysis, measurement=measurement)


def _parse_lengths(seconds: str | None, frames: str | None) -> list[dict[str, Any]]:
    """``1,5,10`` seconds, or ``49,499`` frames → what `Workload.of` takes, ascending."""
    if frames is None:
        text = f"{DEFAULT_SECONDS:g}" if seconds is None else seconds
        durations = options.numbers_of("--seconds", text, float, "1,5,10,30")
        return [{"seconds": each} for each in durations]
    if seconds is not None:
        raise typer.BadParameter("give --seconds or --frames, not both")
    return [{"frames": each} for each in options.numbers_of("--frames", frames, int, "49,499")]


def _parse_target(text: str) -> float:
    """``2%`` or ``0.02`` → a share."""
    try:
        share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise typer.BadParameter(f"--target-ci is {shorten(text)!r}; give a share of the median such as 2% or 0.02")
    return share


def _check_outputs(trace: Path | None, plot: Path | None, lengths: Sequence[object], compiled: bool) -> None:
    """Refuse what cannot be written, before anything is measured."""
    if trace is not None:
        require_output("--trace", trace)
    if plot is not None:
        require_picture(plot)
    if trace is not None and compiled:
        raise typer.BadParameter("--trace shows modules, and a compiled graph has none: leave out --compile")
    if plot is not None and len(lengths) < 2:
        raise typer.BadParameter("--plot draws a curve over durations: give several, such as --seconds 1,5,10,30")


def _write_trace(results: Sequence[Result], path: Path | None) -> None:
    if path is None:
        return
    from w2v_explore.encoding import dump_json
    from w2v_explore.report.trace import chrome_trace

    write_atomically(str(path), dump_json(chrome_trace(results), indent=None).encode())


def _write_plot(results: Sequence[Result], path: Path | None) -> None:
    if path is None:
        return
    from w2v_explore.report.latency import describe_setting
    from w2v_explore.report.plot import plot_curves
    from w2v_explore.results.curve import latency_curves

    assert results[0].measurement is not None
    workload = results[0].analysis.workload
    remark = f"{describe_setting(results[0].measurement.latency)}; batch {workload.batch}, {workload.dtype}"
    picture = plot_curves(latency_curves(results), remark, picture_format(path))
    write_atomically(str(path), picture)


def _render(results: Sequence[Result], depth: int | None, format: PageFormat, output: str | None) -> None:
    def reports() -> list[Report]:
        from w2v_explore.report.latency import latency_reports

        return latency_reports(results, depth)

    def document() -> dict[str, Any]:
        from w2v_explore.results.documents import measurements_document

        return measurements_document(results, depth)

    def csv() -> str:
        from w2v_explore.report.csv import latency_csv

        return latency_csv(results)

    def page() -> Page:
        from w2v_explore.report.html.latency import latency_page

        return latency_page(results, reports())

    render(format, reports=reports, document=document, csv=csv, page=page, output=output)
    sys.stdout.flush()
