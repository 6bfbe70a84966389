"""``w2v-explore sweep``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Annotated

import typer

from w2v_explore.analysis.comparing.sweep import MAX_MEMBERS, Progress
from w2v_explore.analysis.comparing.sweep import sweep as sweep_of
from w2v_explore.cli import options
from w2v_explore.cli.evaluate import ConfigOptions, WorkloadOptions, analyze_configs, show_progress
from w2v_explore.cli.exit_codes import ANSWER_IS_NO
from w2v_explore.cli.render import Format, FormatOption, render
from w2v_explore.config.typed import parse_values

if TYPE_CHECKING:
    from w2v_explore.report.table import Report

app = typer.Typer(add_completion=False)

_SHOWN = "What varies and is shown"

# What takes longer than a second or two.
_MANY = 200


@app.command()
def sweep(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help=options.CONFIG_HELP)],
    field: Annotated[
        list[str],
        typer.Option(
            "--field",
            metavar="FIELD=VALUES",
            help="A field and its values: a list as 512,768, a range as 2..24:2 (first..last:step), or both; each "
            f"is read as YAML. Repeatable: each combination is a config, {MAX_MEMBERS:,} at most.",
            rich_help_panel=_SHOWN,
        ),
    ],
    figure: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            metavar="FIGURE",
            help="Show it, as macs, stride_ms or any that --fail-if takes; repeatable. Fewer figures take less time.",
            rich_help_panel=_SHOWN,
        ),
    ] = None,
    seconds: options.Seconds = None,
    samples: options.Samples = None,
    frames: options.Frames = None,
    batch: options.Batch = 1,
    dtype: options.DtypeOption = options.Dtype.FLOAT32,
    precision: options.TrainingPrecision = None,
    format: FormatOption = Format.TABLE,
    overrides: options.Overrides = None,
    dialect: options.From = None,
    allow_unknown: options.AllowUnknown = False,
) -> None:
    """The figures of a config at every combination of values of some fields, as a table and as curves.

    Combinations that are no config are listed with the reason. Exit with 1 where no combination is a config.
    """
    fields = _read_fields(field)
    workload = WorkloadOptions(seconds, samples, frames, batch, dtype, precision)
    [analysis] = analyze_configs([config], ConfigOptions(overrides, dialect, allow_unknown), workload)
    with _progress(analysis.config.name, fields) as progress:
        found = sweep_of(analysis, fields, figures=figure or (), progress=progress)

    def reports() -> "list[Report]":
        from w2v_explore.report.sweep import sweep_report

        return [sweep_report(found)]

    def csv() -> str:
        from w2v_explore.report.csv import sweep_csv

        return sweep_csv(found)

    render(format, reports=reports, document=found.to_dict, csv=csv)
    if not found.valid:
        raise typer.Exit(ANSWER_IS_NO)


def _read_fields(texts: Sequence[str]) -> dict[str, list[object]]:
    """``--field`` by ``--field`` → the values of each field."""
    fields: dict[str, list[object]] = {}
    for text in texts:
        name, values = parse_values("--field", text)
        if name in fields:
            raise typer.BadParameter(f"--field {name} is given twice; write all of its values behind one, with commas")
        fields[name] = values
    return fields


@contextmanager
def _progress(name: str, fields: dict[str, list[object]]) -> "Iterator[Progress | None]":
    """A progress bar where there are many configs; nothing otherwise."""
    if prod(map(len, fields.values())) < _MANY:
        yield None
        return
    with show_progress(name) as progress:
        yield progress
