"""The program: its commands, and how an exception becomes a message and an exit code."""

import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from w2v_explore import interrupt
from w2v_explore.cli.commands import COMMANDS
from w2v_explore.cli.exit_codes import DEFECT, PLEA, WRONG_QUESTION
from w2v_explore.cli.options import OUTPUT
from w2v_explore.cli.streams import OutputError, guard_streams, say
from w2v_explore.errors import ConfigError, W2vExploreError
from w2v_explore.version import __version__


def _print_help(context: Any, option: Any, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    # Imported only where help is asked for.
    from w2v_explore.cli.manual.terminal import print_help

    print_help(context)
    raise typer.Exit


_HELP = TyperOption(
    param_decls=["--help", "-h"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_help,
    help="Print this help and exit.",
    rich_help_panel=OUTPUT,
)
"""Of every command; typer's own draws boxes, in which long names of values are broken."""


class LazyGroup(TyperGroup):
    """The program's commands, each imported when it is called: one command does not wait for another's imports."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.params.append(_HELP)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before a command; options of completion may leave out their shell, typer's may not."""
        if args and args[0].endswith("-completion"):
            from w2v_explore.cli.completion.install import with_shell

            args = with_shell(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; of an unknown name None, with every command loaded, from which one is suggested."""
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                command: Any = get_command(import_module(f"w2v_explore.cli.{name}").app)
                command.name = name
                for each in (command, *getattr(command, "commands", {}).values()):
                    each.params.append(_HELP)
                self.commands[name] = command
        return self.commands.get(cmd_name)


app = typer.Typer(
    cls=LazyGroup,
    name="w2v-explore",
    help="What a wav2vec 2.0 config costs and does, before anyone trains it.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"w2v-explore {__version__}")
        raise typer.Exit


def _show_completion(shell: str | None) -> None:
    if shell is not None:
        from w2v_explore.cli.completion.install import script_of

        print(script_of(shell, "--show-completion"), end="")
        raise typer.Exit


def _install_completion(shell: str | None) -> None:
    if shell is not None:
        from w2v_explore.cli.completion.install import install

        say(*install(shell))
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(
        False,
        "--version",
        "-V",
        callback=_print_version,
        is_eager=True,
        help="Print the version and exit.",
        rich_help_panel=OUTPUT,
    ),
    install_completion: str = typer.Option(
        None,
        "--install-completion",
        metavar="[SHELL]",
        callback=_install_completion,
        is_eager=True,
        help="Have bash, zsh or fish complete command lines; by default the shell that this is typed in.",
        rich_help_panel="Completion",
    ),
    show_completion: str = typer.Option(
        None,
        "--show-completion",
        metavar="[SHELL]",
        callback=_show_completion,
        is_eager=True,
        help="Print the script for it, to be put where you want it.",
        rich_help_panel="Completion",
    ),
) -> None:
    """Take the options that stand before a command."""
    if context.invoked_subcommand is None:
        from w2v_explore.cli.manual.terminal import print_help

        print_help(context)
        raise typer.Exit(WRONG_QUESTION)
    # Imported only where a command is called. Until it is done: nothing that it writes replaces what it has read.
    from w2v_explore.files.read import noting_files

    context.with_resource(noting_files())


def main() -> int:
    """Run the program.

    Returns:
        The exit code: 0 fine, 1 the answer is no, 2 the question is wrong, 3 a defect; 130 Ctrl-C, and of
        other signals that end the program 128 and their number.
    """
    _forget_a_width_of_nothing()
    with guard_streams():
        try:
            code = _run()
        except OutputError as error:
            code = WRONG_QUESTION
            if not interrupt.came():
                with suppress(OutputError):
                    say(f"error: {error}")
    return interrupt.exit_code() if interrupt.came() else code


def _run() -> int:
    try:
        code = app(prog_name="w2v-explore", standalone_mode=False) or 0
        sys.stdout.flush()
    except OutputError:
        raise
    except BaseException as error:
        sys.stdout.flush()
        code = interrupt.exit_code() if interrupt.came() else _explain(error)
    sys.stderr.flush()
    return code


def _explain(error: BaseException) -> int:
    """Say on standard error what an exception means to whoever runs the program; returns the exit code."""
    match error:
        case KeyboardInterrupt():
            return interrupt.exit_code()
        case SystemExit(code=int(code)):
            return code
        case ConfigError():
            say(*error.problems)
        case W2vExploreError():
            say(*f"error: {error}".split("\n"))
        case _ if hasattr(error, "format_message"):  # typer's, whose class is not public
            _refuse(error)
        case _:
            cause = error.__cause__ if isinstance(error, typer.Abort) and error.__cause__ else error
            say(*"".join(traceback.format_exception(cause)).rstrip("\n").split("\n"))
            say(PLEA)
            return DEFECT
    return WRONG_QUESTION


def _refuse(error: Any) -> None:
    """One line on a mistake in the command line, and where help is, unless it is a command of ours that says it."""
    if type(error) is typer.BadParameter and error.param is None:
        say(f"error: {error.message}")
        return
    # Imported only where there is a mistake.
    from w2v_explore.cli.usage import describe_mistake

    message = describe_mistake(error, COMMANDS)
    if message.endswith("`"):  # it says the whole command
        say(f"error: {message}")
        return
    end = "" if message.endswith("?") else "."
    if getattr(error, "ctx", None):
        command = error.ctx.command_path
    else:  # an option without its argument does not know whose it is
        command = " ".join(["w2v-explore", *[word for word in sys.argv[1:2] if word in COMMANDS]])
    say(f"error: {message}{end} Try '{command} --help'.")


def _forget_a_width_of_nothing() -> None:
    """Let COLUMNS=0, which shells without a terminal export, mean that the width is not known; rich would obey it."""
    if not os.environ.get("COLUMNS", "80").strip("0"):
        del os.environ["COLUMNS"]
