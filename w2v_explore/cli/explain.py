"""``w2v-explore explain``."""

import re
from typing import Annotated

import typer

from w2v_explore.analysis.presets.usage import analyze_usage
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import default_family
from w2v_explore.config.foreign_names import foreign_names
from w2v_explore.config.json_schema import json_schema
from w2v_explore.config.presets import preset_names
from w2v_explore.config.reading import METADATA
from w2v_explore.config.suggest import did_you_mean, nearest
from w2v_explore.report.catalogue import field_report, fields_report
from w2v_explore.report.terminal import print_report, stdout_console

FIELDS = default_family().config.FIELDS

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    field: Annotated[
        str | None,
        typer.Argument(metavar="[FIELD]", help="A field of a config, by any program's name for it; all by default."),
    ] = None,
) -> None:
    """What a field is, its names in other programs, its usual values, and what they cost."""
    if field is None:
        print_report(fields_report(), stdout_console())
        return
    foreign = None if field in FIELDS else foreign_names().get(field)
    if foreign is None and field not in FIELDS:
        raise typer.BadParameter(_instead_of(field))
    name = foreign.field if foreign else field
    report = field_report(name, analyze_usage(name, Workload.of_seconds()))
    if foreign is not None:
        part = "" if foreign.is_whole else "a part of "
        report = report._replace(lines=[f"{field} is {foreign.whose} name for {part}{name}.", *report.lines])
    print_report(report, stdout_console())


def _instead_of(name: str) -> str:
    """What to say of a name that no field has, here or elsewhere."""
    if name in METADATA:
        about = json_schema()["properties"][name]["description"]
        return f"{name} is no field of the model but a key about the file: {about[0].lower()}{about[1:].rstrip('.')}"
    if name in preset_names():
        return f"{name} is a preset, no field; `w2v-explore presets show {name}` prints it"
    if re.fullmatch(r"[EWA]\d{3}", name, re.IGNORECASE):
        return f"{name} is a rule of the linter, no field; `w2v-explore rule {name.upper()}` prints it"
    elsewhere = foreign_names()
    begun = [field for field in FIELDS if field.startswith(f"{name.lower()}_")]
    guesses = (
        nearest(name, FIELDS)
        or begun
        or list(dict.fromkeys(elsewhere[other].field for other in nearest(name, elsewhere)))
    )
    return (
        f"a config has no field {name or repr(name)}; {did_you_mean(guesses, '`w2v-explore explain` lists the fields')}"
    )
