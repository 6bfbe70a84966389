"""``w2v-explore presets``."""

from typing import Annotated

import typer

from w2v_explore.analysis.presets.usage import analyze_presets
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import load_preset
from w2v_explore.config.text.source import read_preset
from w2v_explore.report.catalogue import presets_report
from w2v_explore.report.terminal import print_report, stdout_console

app = typer.Typer(
    help="The published models that come with the program.", invoke_without_command=True, add_completion=False
)


@app.callback()
def presets(context: typer.Context) -> None:
    """List the published models that come with the program."""
    if context.invoked_subcommand is None:
        print_report(presets_report(analyze_presets(Workload.of_seconds())), stdout_console())


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A preset.")],
    resolved: Annotated[
        bool, typer.Option("--resolved", help="State all fields, whatever the preset extends.")
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
