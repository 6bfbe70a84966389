"""The program: its commands, and how an exception becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from w2v_explore.cli import compare, explain, presets, schema, summary
from w2v_explore.cli.exit_codes import DEFECT, WRONG_QUESTION
from w2v_explore.errors import ConfigError, W2vExploreError
from w2v_explore.version import __version__

app = typer.Typer(
    name="w2v-explore",
    help="What a wav2vec 2.0 config costs and does, before anyone trains it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("summary")(summary.summary)
app.command("compare")(compare.compare)
app.add_typer(presets.app, name="presets")
app.command("explain")(explain.explain)
app.command("schema")(schema.schema)


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
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no × shows a question mark rather than end the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="w2v-explore")
    except SystemExit as exit_:
        sys.exit(_flush(exit_.code))
    except ConfigError as error:
        _complain(*map(str, error.problems))
        sys.exit(WRONG_QUESTION)
    except W2vExploreError as error:
        _complain(f"error: {error}")
        sys.exit(WRONG_QUESTION)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(_flush(0))
    except Exception:
        traceback.print_exc()
        _complain("This is a defect in w2v-explore; please report it with the lines above.")
        sys.exit(DEFECT)


def _complain(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _flush(code: str | int | None) -> str | int | None:
    """Write out what is buffered; a reader that has gone away is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more as it exits: let it write into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
