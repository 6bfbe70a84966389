"""``w2v-explore presets``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.presets.catalogue import find_presets
from w2v_explore.analysis.quantity import parse_quantity
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.options import OUTPUT
from w2v_explore.cli.render import Format, FormatOption, render
from w2v_explore.cli.streams import say
from w2v_explore.config.family import FAMILIES
from w2v_explore.config.load import load_preset
from w2v_explore.config.text.source import read_preset

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(
    help="The published models that come with the program.",
    invoke_without_command=True,
    add_completion=False,
)

_WHICH = "Which models"


@app.callback()
def presets(
    context: typer.Context,
    family: Annotated[
        str | None,
        typer.Option(
            "--family",
            metavar="FAMILY",
            help="List those of a published group, as HuBERT or MMS.",
            rich_help_panel=_WHICH,
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture",
            metavar="ARCHITECTURE",
            help=f"List those of an architecture: {', '.join(FAMILIES)}.",
            rich_help_panel=_WHICH,
        ),
    ] = None,
    max_parameters: Annotated[
        str | None,
        typer.Option(
            "--max-parameters",
            metavar="NUMBER",
            help="List those with at most so many, as 100M.",
            rich_help_panel=_WHICH,
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the published models that come with the program."""
    if context.invoked_subcommand is not None:
        if (family, architecture, max_parameters, format) != (None, None, None, Format.TABLE):
            raise typer.BadParameter(
                f"options of the list go without {context.invoked_subcommand}; write `w2v-explore presets --help`"
            )
        return
    most = None if max_parameters is None else parse_quantity(max_parameters)
    found = find_presets(family=family, architecture=architecture, max_parameters=most)

    def reports() -> "list[Report]":
        from w2v_explore.report.catalogue import presets_report

        return [presets_report(found)]

    def csv() -> str:
        from w2v_explore.report.csv import presets_csv

        return presets_csv(found)

    render(format, reports=reports, document=found.to_dict, csv=csv)
    if not found.presets:
        asked = {"--family": family, "--architecture": architecture, "--max-parameters": max_parameters}
        options = [f"{option} {value}" for option, value in asked.items() if value is not None]
        say(f"no preset meets {' and '.join(options)}; leave {'one' if len(options) > 1 else 'it'} out")
        raise typer.Exit(ANSWER_IS_NO)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="PRESET", help="A preset.")],
    resolved: Annotated[
        bool, typer.Option("--resolved", help="State all fields, whatever the preset extends.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Print a preset's YAML, to start a config of one's own from."""
    name = name.removesuffix(".yaml")
    preset = load_preset(name)
    if resolved:
        from w2v_explore.config.dialects.write import write_config

        print(write_config(preset, "w2v"), end="")
    else:
        print(read_preset(name).content.decode(), end="")
