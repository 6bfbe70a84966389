"""``w2v-explore explain``."""

import difflib
from typing import Annotated

import typer

from w2v_explore.analysis.presets import analyze_usage
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.schema import FIELDS
from w2v_explore.report.catalogue import field_report, fields_report
from w2v_explore.report.terminal import print_report, stdout_console

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    field: Annotated[str | None, typer.Argument(metavar="[FIELD]", help="A field of a config; all by default.")] = None,
) -> None:
    """What a field is, its names in other programs, its usual values, and what they cost."""
    if field is None:
        print_report(fields_report(), stdout_console())
        return
    if field not in FIELDS:
        guesses = difflib.get_close_matches(field, FIELDS, n=1)
        guess = f"did you mean {guesses[0]}?" if guesses else "`w2v-explore explain` lists the fields"
        raise typer.BadParameter(f"a config has no field {field}; {guess}")
    usage = analyze_usage(field, Workload.of_seconds())
    print_report(field_report(field, usage), stdout_console())
