"""``w2v-explore sensitivity``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs
from w2v_explore.cli.render import Format, FormatOption, render
from w2v_explore.lint.stepped import sensitivity as sensitivity_of

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)

_SHOWN = "What is stepped and shown"


@app.command()
def sensitivity(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="FIELD",
            help="Step this field alone, as encoder_num_layers; repeatable.",
            rich_help_panel=_SHOWN,
        ),
    ] = None,
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            metavar="FIGURE",
            help="Show what becomes of it, as macs, stride_ms or any that --fail-if takes; repeatable.",
            rich_help_panel=_SHOWN,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="FIGURE", help="The steps that change it most come first.", rich_help_panel=_SHOWN
        ),
    ] = None,
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    format: FormatOption = Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """What one step up and one down in each field does to parameters, MACs and memory, and which steps break what."""
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype)
    [analysis] = analyze_configs([config], ConfigOptions(overrides, dialect, allow_unknown), workload)
    found = sensitivity_of(analysis, only=only or (), figures=figure or (), sort=sort)

    def reports() -> "list[Report]":
        from w2v_explore.report.sensitivity import sensitivity_report

        return [sensitivity_report(found)]

    def csv() -> str:
        from w2v_explore.report.csv import sensitivity_csv

        return sensitivity_csv(found)

    render(format, reports=reports, document=found.to_dict, csv=csv)
