"""``w2v-explore convert``."""

from enum import Enum
from typing import Annotated

import typer

from w2v_explore.cli import options
from w2v_explore.cli.streams import say
from w2v_explore.config.dialects.conversion import Conversion, account_for_conversion, convert_reading
from w2v_explore.config.dialects.programs import DIALECTS
from w2v_explore.config.dialects.write import has_model, require_fitting_name, write_config
from w2v_explore.config.entries import OWN_DIALECT
from w2v_explore.config.load import read_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.encoding import ERRORS, is_writable
from w2v_explore.errors import W2vExploreError
from w2v_explore.report.conversion import conversion_report
from w2v_explore.report.terminal import print_report, stderr_console

app = typer.Typer(add_completion=False)

_TITLES = {"w2v": "w2v-explore", "torchaudio": "torchaudio", "python": "Python"} | {
    name: dialect.title for name, dialect in DIALECTS.items()
}


class ToDialect(str, Enum):
    """What is written."""

    W2V = "w2v"
    TORCHAUDIO = "torchaudio"
    FAIRSEQ = "fairseq"
    HUGGINGFACE = "huggingface"
    PYTHON = "python"
    UNILM = "unilm"


@app.command()
def convert(
    config: Annotated[str, typer.Argument(metavar="IN", help=options.CONFIG_HELP)],
    to: Annotated[
        ToDialect,
        typer.Option(
            "--to",
            metavar="DIALECT",
            help="What to write; python is the call of torchaudio's function.",
            rich_help_panel=options.OUTPUT,
        ),
    ],
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write it; - or none: standard output.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    overrides: options.Overrides = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="List what is ignored field by field.", rich_help_panel=options.OUTPUT)
    ] = False,
) -> None:
    """Write a config as another program words it; standard error accounts for every field."""
    document = read_document(config, options.name_of(dialect), allow_unknown=allow_unknown)
    reading = read_config(document, overrides or (), allow_unknown=allow_unknown)
    try:
        conversion = convert_reading(reading, to.value)
    except W2vExploreError:
        _account(reading, to.value, verbose)
        raise
    # A file that cannot be written is one line, so the account comes afterwards.
    _write(conversion, to.value, output)
    _account(reading, to.value, verbose)


def _write(conversion: Conversion, to: str, output: str | None) -> None:
    text = conversion.text
    if output in (None, "-"):
        if not is_writable(text):
            # Values have escapes; comments have none, and get stand-ins.
            text = write_config(conversion.config, to, ascii_only=True).encode("ascii", ERRORS).decode()
        print(text, end="", flush=True)
        return
    # Imported only where a file is written.
    from w2v_explore.files.write import write_atomically

    require_fitting_name(output, to)
    write_atomically(output, text.encode())


def _account(reading: Reading, to: str, verbose: bool) -> None:
    translation = reading.document.translation
    source = translation.dialect if translation else OWN_DIALECT
    changes = f", changed: {', '.join(map(str, reading.changes))}" if reading.changes else ""
    name = f"{reading.document.source.name}{changes}"
    rows = account_for_conversion(reading, to)
    is_hopeless = bool(reading.problems) or not has_model(reading.family, to)
    if is_hopeless and not any(row.status == "refused" for row in rows):
        # Nothing is converted: the cause alone.
        return
    heading = f"{name}: {_TITLES[source]} → {_TITLES[to]}"
    print_report(conversion_report(heading, rows, _TITLES[source], _TITLES[to], verbose), stderr_console())
    say(*reading.warnings)
