"""``w2v-explore identify``."""

from enum import Enum
from typing import Annotated

import typer

from w2v_explore.analysis.presets.identify import identify as identify_config
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import load_configs

app = typer.Typer(add_completion=False)


class Format(str, Enum):
    """How the result is written."""

    TABLE = "table"
    JSON = "json"


@app.command()
def identify(
    configs: Annotated[list[str], typer.Argument(metavar="CONFIG...", help=options.CONFIG_HELP)],
    format: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """Which preset a config equals, or which it is nearest to, and in which fields it differs."""
    loaded = load_configs(configs, overrides or (), options.name_of(dialect), allow_unknown)
    found = [identify_config(config) for config in loaded]
    if format is Format.JSON:
        from w2v_explore.report.json import dump, one_or_list

        print(dump(one_or_list([identity.to_dict() for identity in found])))
        return
    from w2v_explore.report.identity import identity_report
    from w2v_explore.report.terminal import print_report, stdout_console

    console = stdout_console()
    for number, identity in enumerate(found):
        if number:
            console.print()
        print_report(identity_report(identity.config, identity.nearest), console)
