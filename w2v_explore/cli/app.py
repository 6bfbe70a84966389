"""The program: its commands, and how an exception becomes a message and an exit code."""

import signal
import sys
import traceback
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from w2v_explore.cli.exit_codes import DEFECT, WRONG_QUESTION
from w2v_explore.errors import ConfigError, W2vExploreError
from w2v_explore.version import __version__

COMMANDS = (
    "summary", "compare", "memory", "sensitivity", "latency", "calibrate", "verify",
    "lint", "rule", "convert", "identify",
    "inspect", "check", "export",
    "presets", "explain", "schema",
)  # fmt: skip
"""Each a module of this package, whose ``app`` is the command."""


class LazyGroup(TyperGroup):
    """The program's commands, each imported when it is called: one command does not wait for another's imports."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None where there is none, and all are loaded then, for the suggestion."""
        for name in (cmd_name,) if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = get_command(import_module(f"w2v_explore.cli.{name}").app)
                self.commands[name].name = name
        return self.commands.get(cmd_name)


app = typer.Typer(
    cls=LazyGroup,
    name="w2v-explore",
    help="What a wav2vec 2.0 config costs and does, before anyone trains it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"w2v-explore {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the program. Exit codes: 0 fine, 1 the answer is no, 2 the question is wrong, 3 a defect, 130 Ctrl-C."""
    _end_silently_on_a_closed_pipe()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no × shows a question mark rather than end the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="w2v-explore")
    except ConfigError as error:
        _complain(*map(str, error.problems))
        sys.exit(WRONG_QUESTION)
    except W2vExploreError as error:
        _complain(f"error: {error}")
        sys.exit(WRONG_QUESTION)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        traceback.print_exc()
        _complain("This is a defect in w2v-explore; please report it with the lines above.")
        sys.exit(DEFECT)


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _end_silently_on_a_closed_pipe() -> None:
    """Let `w2v-explore … | head` end as other Unix programs do; Python would raise, and typer exit with 1."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
