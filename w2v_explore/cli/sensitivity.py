"""``w2v-explore sensitivity``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.comparing.sensitivity import sensitivity as sensitivity_of
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs
from w2v_explore.cli.render import Format, FormatOption, render

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def sensitivity(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
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
    """What one step in each argument does to parameters, MACs, memory, receptive field and stride."""
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype)
    [analysis] = analyze_configs([config], ConfigOptions(overrides, dialect, allow_unknown), workload)
    found = sensitivity_of(analysis)

    def reports() -> "list[Report]":
        from w2v_explore.report.sensitivity import sensitivity_report

        return [sensitivity_report(analysis, found.effects)]

    def csv() -> str:
        from w2v_explore.report.csv import sensitivity_csv

        return sensitivity_csv(analysis.config, found.effects)

    render(format, reports=reports, document=found.to_dict, csv=csv)
