"""``w2v-explore check``."""

from typing import Annotated

import typer

from w2v_explore.architecture.wav2vec2 import build_architecture
from w2v_explore.checkpoint.fit import fit_weights
from w2v_explore.checkpoint.keys import translate_keys
from w2v_explore.checkpoint.read import read_checkpoint
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
    found = read_checkpoint(checkpoint)
    keys = translate_keys(tensor.name for tensor in found.tensors)
    fit = fit_weights(found.tensors, keys, dict(build_architecture(wanted.model).state_dict_shapes()))
    match format:
        case options.ReportFormat.JSON:
            from w2v_explore.report.checkpoint_json import fit_document
            from w2v_explore.report.json import dump

            print(dump(fit_document(found, keys, fit, wanted.name)))
        case options.ReportFormat.MARKDOWN:
            from w2v_explore.report.checkpoint import fit_report
            from w2v_explore.report.markdown import report_markdown

            print(report_markdown([fit_report(found, keys, fit, wanted.name)]), end="")
        case options.ReportFormat.TABLE:
            from w2v_explore.report.checkpoint import fit_report
            from w2v_explore.report.terminal import print_report, stdout_console

            print_report(fit_report(found, keys, fit, wanted.name), stdout_console())
    if not fit.fits:
        raise typer.Exit(ANSWER_IS_NO)
