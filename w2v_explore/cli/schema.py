"""``w2v-explore schema``."""

import os
from typing import Annotated

import typer

from w2v_explore.cli.options import OUTPUT
from w2v_explore.config.document import parse_document
from w2v_explore.config.json_schema import json_schema
from w2v_explore.config.text.nodes import encode
from w2v_explore.config.text.source import read_file
from w2v_explore.encoding import dump_json
from w2v_explore.errors import SourceError
from w2v_explore.files.write import rewrite_atomically, write_atomically
from w2v_explore.lint.rules.schema_directive import DIRECTIVE

app = typer.Typer(add_completion=False)

SCHEMA_FILE = "w2v-explore.schema.json"


@app.command()
def schema(
    write: Annotated[
        list[str] | None,
        typer.Option(
            "--write",
            metavar="CONFIG",
            help=f"Write it beside a config as {SCHEMA_FILE}, and name it there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Print the JSON Schema (draft-07) of a config file, for editors and validators."""
    if not write:
        print(dump_json(json_schema()))
        return
    for path in write:
        _add_directive(path)


def _add_directive(path: str) -> None:
    source = read_file(path)
    document = parse_document(source)
    if document.translation is not None:
        raise SourceError(
            f"{path} is no config of ours, which the schema is about; `w2v-explore convert` makes one of it"
        )
    if not document.entries:
        raise SourceError(str(document.problems[0]) if document.problems else f"{path} is no config")
    if source.suffix == ".json":
        raise SourceError(
            f"{path} is JSON, which has no comment to name the schema in; give the schema to the editor, "
            f"as `w2v-explore schema > {SCHEMA_FILE}` writes it, or write the config as YAML"
        )
    write_atomically(os.path.join(os.path.dirname(path), SCHEMA_FILE), f"{dump_json(json_schema())}\n".encode())
    if DIRECTIVE not in document.text:
        newline = "\r\n" if "\r\n" in document.text else "\n"
        text = f"{DIRECTIVE}{SCHEMA_FILE}{newline}{document.text}"
        rewrite_atomically(path, encode(text, source.content))
