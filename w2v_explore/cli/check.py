"""``w2v-explore check``."""

from typing import Annotated

import typer

from w2v_explore.analysis.weights.check import check_checkpoint
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import load_configs
from w2v_explore.cli.exit_codes import ANSWER_IS_NO

app = typer.Typer(add_completion=False)


@app.command()
def check(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help=options.CHECKPOINT_HELP)],
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    format: options.ReportFormatOption = options.ReportFormat.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Whether the weights of a checkpoint fit a config: what is missing, unexpected, or of another shape."""
    [wanted] = load_configs([config], overrides or (), options.name_of(dialect), allow_unknown)
    checked = check_checkpoint(checkpoint, wanted)
    match format:
        case options.ReportFormat.JSON:
            from w2v_explore.report.json import dump

            print(dump(checked.to_dict()))
        case options.ReportFormat.MARKDOWN:
            from w2v_explore.report.checkpoint import fit_report
            from w2v_explore.report.markdown import report_markdown

            print(report_markdown([fit_report(checked)]), end="")
        case options.ReportFormat.TABLE:
            from w2v_explore.report.checkpoint import fit_report
            from w2v_explore.report.terminal import print_report, stdout_console

            print_report(fit_report(checked), stdout_console())
    if not checked.fits:
        raise typer.Exit(ANSWER_IS_NO)
