"""``w2v-explore inspect``."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.weights.inspection import Inspection, inspect_checkpoint
from w2v_explore.checkpoint.listing import shown
from w2v_explore.cli import options
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import ReportFormat, ReportFormatOption, render
from w2v_explore.cli.streams import say
from w2v_explore.config.checkpoint import require_fit
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import config_of
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import read_file
from w2v_explore.errors import CheckpointError
from w2v_explore.files.write import require_unread, rewrite_atomically

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def inspect(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help=options.CHECKPOINT_HELP)],
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Give a field that nothing else tells; repeatable.",
            rich_help_panel=options.CONFIG,
        ),
    ] = None,
    write: Annotated[
        str | None,
        typer.Option("--write", metavar="FILE", help="Write the config there as YAML.", rich_help_panel=options.OUTPUT),
    ] = None,
    format: ReportFormatOption = ReportFormat.TABLE,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """What is in a checkpoint: its tensors, and the config that they and a config inside or beside them tell."""
    inspection = inspect_checkpoint(checkpoint, overrides or (), allow_unknown=allow_unknown)
    if write is not None:
        _write(write, inspection)

    def reports() -> "list[Report]":
        from w2v_explore.report.checkpoint import inspection_report

        return [inspection_report(inspection)]

    render(format, reports=reports, document=inspection.to_dict)
    say(*(inspection.config.warnings if inspection.config else ()))
    say(*[f"{checkpoint}: {conflict}" for conflict in inspection.conflicts])
    if inspection.conflicts or not inspection.fit.fits:
        raise typer.Exit(ANSWER_IS_NO)


def _write(path: str, inspection: Inspection) -> None:
    """Write the config with the origin of each field behind it, whole or not at all."""
    from w2v_explore.config.dialects.write import as_comment, require_fitting_name, write_config

    origin = inspection.checkpoint.origin
    require_fitting_name(path, "w2v")
    if not _is_former_result(path, inspection):
        require_unread(path)
    if inspection.conflicts:
        raise CheckpointError(*[f"{origin}: {conflict}" for conflict in inspection.conflicts])
    require_fit(origin, inspection.fit, inspection.family)
    if inspection.config is None:
        raise CheckpointError(*[f"{origin}: {question}" for question in inspection.missing.values()])
    lines = []
    for line in write_config(inspection.config, "w2v").splitlines():
        field = line.partition(":")[0]
        lines.append(f"{line}  {as_comment(shown(inspection.origins[field]))}" if field in inspection.origins else line)
    rewrite_atomically(path, "\n".join([*lines, ""]).encode())
    say(f"wrote {path}")


def _is_former_result(path: str, inspection: Inspection) -> bool:
    """Whether a config beside the weights, which is read with them, is what `_write` made of such weights before.

    It has all lines that are written, and none that somebody added.
    """
    from w2v_explore.config.dialects.write import write_config

    configs = (inspection.checkpoint.config, *inspection.checkpoint.other_configs)
    beside = [os.path.realpath(config.path) for config in configs if config is not None and config.path is not None]
    if os.path.realpath(path) not in beside or not os.path.isfile(path):
        return False
    source = read_file(path)
    reading = read_config(parse_document(source))
    if reading.model is None:
        return False
    lines = source.content.decode(errors="replace").splitlines()
    return [line.partition("  # ")[0] for line in lines] == write_config(config_of(reading), "w2v").splitlines()
