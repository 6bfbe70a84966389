"""``w2v-explore check``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.weights.check import check_checkpoint
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, load_configs
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import ReportFormat, ReportFormatOption, render

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def check(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help=options.CHECKPOINT_HELP)],
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    format: ReportFormatOption = ReportFormat.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Whether the weights of a checkpoint fit a config: what is missing, unexpected, or of another shape."""
    [wanted] = load_configs([config], ConfigOptions(overrides, dialect, allow_unknown))
    checked = check_checkpoint(checkpoint, wanted)

    def reports() -> "list[Report]":
        from w2v_explore.report.checkpoint import fit_report

        return [fit_report(checked)]

    render(format, reports=reports, document=checked.to_dict)
    if not checked.fits:
        raise typer.Exit(ANSWER_IS_NO)
