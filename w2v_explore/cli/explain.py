"""``w2v-explore explain``."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from w2v_explore.analysis.presets.usage import analyze_usage
from w2v_explore.analysis.workload import Workload
from w2v_explore.cli import options
from w2v_explore.config.family import FAMILIES, Family, default_family, family_asked, other_families
from w2v_explore.config.foreign_names import foreign_names
from w2v_explore.config.json_schema import json_schema
from w2v_explore.config.metadata import METADATA
from w2v_explore.config.presets import preset_names
from w2v_explore.config.suggest import did_you_mean, nearest
from w2v_explore.report.catalogue import field_report, fields_report
from w2v_explore.report.terminal import print_report, stdout_console

app = typer.Typer(add_completion=False)


@app.command()
def explain(
    field: Annotated[
        str | None,
        typer.Argument(metavar="[FIELD]", help="A field of a config, by any program's name for it; all by default."),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture",
            metavar="ARCHITECTURE",
            help=f"Whose field: {', '.join(FAMILIES)}; by default the first that has it.",
            rich_help_panel=options.CONFIG,
        ),
    ] = None,
) -> None:
    """What a field is, its names in other programs, its usual values, and what they cost."""
    family = family_asked(architecture) if architecture is not None else default_family()
    if field is None:
        print_report(fields_report(family), stdout_console())
        return
    family = _family_that_has(field, [family] if architecture else [family, *other_families(family)])
    foreign = None if field in family.config.FIELDS else foreign_names(family.name)[field]
    name = foreign.field if foreign else field
    report = field_report(name, analyze_usage(name, Workload.of_seconds(), family), family)
    if family is not default_family():
        report = report._replace(lines=[f"{name} is a field of {family.title}.", *report.lines])
    if foreign is not None:
        part = "" if foreign.is_whole else "a part of "
        report = report._replace(lines=[f"{field} is {foreign.whose} name for {part}{name}.", *report.lines])
    print_report(report, stdout_console())


def _family_that_has(name: str, families: Sequence[Family]) -> Family:
    """The first family with a field of a name, in our words or another program's; refuses a name that none has."""
    for family in families:
        if name in family.config.FIELDS:
            return family
    for family in families:
        if name in foreign_names(family.name):
            return family
    raise typer.BadParameter(_instead_of(name, families))


def _instead_of(name: str, families: Sequence[Family]) -> str:
    """What to say of a name that no field of some families has, here or elsewhere."""
    fields = list(dict.fromkeys(field for family in families for field in family.config.FIELDS))
    if name in METADATA:
        about = json_schema()["properties"][name]["description"]
        return f"{name} is no field of the model but a key about the file: {about[0].lower()}{about[1:].rstrip('.')}"
    if name in preset_names():
        return f"{name} is a preset, no field; `w2v-explore presets show {name}` prints it"
    if re.fullmatch(r"[EWA]\d{3}", name, re.IGNORECASE):
        return f"{name} is a rule of the linter, no field; `w2v-explore rule {name.upper()}` prints it"
    for family in other_families(families[0]):
        foreign = None if name in family.config.FIELDS else foreign_names(family.name).get(name)
        if name in family.config.FIELDS or foreign is not None:
            what = "a field" if foreign is None else f"{foreign.whose} name for a field"
            return f"{name} is {what} of {family.name}, not of {families[0].name}; give --architecture {family.name}"
    elsewhere = {other: meant for family in families for other, meant in foreign_names(family.name).items()}
    begun = [field for field in fields if field.startswith(f"{name.lower()}_")]
    guesses = (
        nearest(name, fields)
        or begun
        or list(dict.fromkeys(elsewhere[other].field for other in nearest(name, elsewhere)))
    )
    return (
        f"a config has no field {name or repr(name)}; {did_you_mean(guesses, '`w2v-explore explain` lists the fields')}"
    )
