"""``w2v-explore schema``."""

from __future__ import annotations

import typer

from w2v_explore.config.json_schema import json_schema
from w2v_explore.report.json import dump

app = typer.Typer(add_completion=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema (draft-07) of a config file, for editors and validators."""
    print(dump(json_schema()))
