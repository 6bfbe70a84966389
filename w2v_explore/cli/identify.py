"""``w2v-explore identify``."""

from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.presets.identify import identify as identify_config
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, load_configs
from w2v_explore.cli.render import DataFormat, DataFormatOption, render
from w2v_explore.results.documents import one_or_list

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)


@app.command()
def identify(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    format: DataFormatOption = DataFormat.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Which preset a config equals or is nearest to, and what differs in its architecture and in its dropouts."""
    loaded = load_configs(configs, ConfigOptions(overrides, dialect, allow_unknown))
    found = [identify_config(config) for config in loaded]

    def reports() -> "list[Report]":
        from w2v_explore.report.identity import identity_report

        return [identity_report(identity.config, identity.nearest) for identity in found]

    render(format, reports=reports, document=lambda: one_or_list([identity.to_dict() for identity in found]))
