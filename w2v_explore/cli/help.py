"""``w2v-explore help``."""

from typing import Annotated, Any

import typer

from w2v_explore.cli.manual.terminal import print_help

app = typer.Typer(add_completion=False)


@app.command()
def help(
    context: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND...]", help="A command; by default the program.")
    ] = None,
) -> None:
    """What the program or a command of it does, its options and examples: as with --help."""
    assert context.parent is not None
    asked: Any = context.parent
    for name in command or ():
        if not hasattr(asked.command, "commands"):
            raise typer.BadParameter(
                f"{asked.info_name} has no command {name!r}; write `w2v-explore help {asked.info_name}`"
            )
        _, found, _ = asked.command.resolve_command(asked, [name])
        asked = type(context)(found, info_name=name, parent=asked)
    print_help(asked)
