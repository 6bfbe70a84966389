"""What `sweep` says of a config at every combination of values, in words, a table and curves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from math import prod
from typing import Any

from w2v_explore.analysis.comparing.sweep import Member, Sweep, distinct
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.errors import missing_extra
from w2v_explore.report.figure_columns import explain_columns, figure_cell, figure_cells, figure_columns, figure_heading
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.multiples import MAX_CURVES, Panel, draw_multiples
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import brief_field, exact, field_value
from w2v_explore.report.workload import describe_features, describe_workload

_COSTS = (
    "parameters",
    "macs",
    "macs_per_audio_second",
    "memory.inference_bytes",
    "memory.training_bytes",
)
# What the extractor does is shown where it varies.
_EXTRACTOR = tuple(name for name in FIGURES if name.startswith("extractor."))
_CHARTED = ("parameters", "macs", "memory.inference_bytes", "memory.training_bytes")
_MAX_PANELS = 6
# Thousands would hide the configs above them.
_MAX_INVALID = 40


def sweep_report(sweep: Sweep) -> Report:
    """The report on a sweep: how many configs there are comes first, then a row for each."""
    config, analysis = sweep.analysis.config, sweep.analysis
    lines = [
        _describe_size(sweep),
        describe_origin(config),
        describe_workload(analysis),
        *describe_features(analysis),
        *describe_reading(config),
    ]
    shown, charted = sweep.figures, sweep.figures
    if sweep.figures == tuple(FIGURES):
        shown, charted = (*_COSTS, *[name for name in _EXTRACTOR if _varies(sweep.valid, name)]), _CHARTED
    tables = [_configs(sweep, shown)] if sweep.valid else []
    if len(sweep.valid) < len(sweep.members):
        tables.append(_invalid(sweep))
    return Report(config.name, lines, tables, _picture(sweep, charted, tables))


def _describe_size(sweep: Sweep) -> str:
    """``24 configs, 12 of them valid: 12 of encoder_num_layers × 2 of encoder_embed_dim``."""
    counts = " × ".join(f"{exact(len(values))} of {name}" for name, values in sweep.fields.items())
    size, valid = len(sweep.members), len(sweep.valid)
    left = "" if valid == size else f", {exact(valid) if valid else 'none'} of them valid"
    return f"{exact(size)} config{'s' if size > 1 else ''}{left}: {counts}"


def _varies(members: Sequence[Member], name: str) -> bool:
    return len({member.figures[name] for member in members}) > 1


def _field_columns(sweep: Sweep) -> list[Column]:
    """A column for each field that varies; its values are numbers, or words."""
    return [Column(brief_field(name), numeric=_is_numeric(sweep, name)) for name in sweep.fields]


def _is_numeric(sweep: Sweep, field: str) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in sweep.fields[field])


def _configs(sweep: Sweep, shown: Sequence[str]) -> Table:
    table = Table("Configs", [*_field_columns(sweep), *figure_columns(shown)])
    for member in sweep.valid:
        values = [field_value(value) for value in member.fields.values()]
        table.rows.append((*values, *figure_cells(shown, member.figures)))
    table.remark = explain_columns(shown)
    return table


def _invalid(sweep: Sweep) -> Table:
    """The combinations that are no config, those with one reason in a row where their values say which they are."""
    columns = [*_field_columns(sweep), Column("Configs"), Column("Why", numeric=False, wraps=True)]
    table = Table("Not valid", [column._replace(numeric=False, wraps=True) for column in columns[:-2]] + columns[-2:])
    reasons: dict[str, list[Member]] = {}
    for member in sweep.members:
        if member.problem:
            reasons.setdefault(member.problem, []).append(member)
    for reason, members in reasons.items():
        for together in _boxes(members):
            values = [_listed(sweep.fields[name], found) for name, found in together.items()]
            table.rows.append((*values, exact(prod(map(len, together.values()))), reason))
    if len(table.rows) > _MAX_INVALID:
        table.remark = f"The first {_MAX_INVALID} of {exact(len(table.rows))} rows; --format csv and json have all."
        del table.rows[_MAX_INVALID:]
    return table


def _boxes(members: Sequence[Member]) -> Iterator[Mapping[str, list[Any]]]:
    """The values of some members, by field: all together where each combination of the values is one of them."""
    together = {name: _values(members, name) for name in members[0].fields}
    if prod(map(len, together.values())) == len(members):
        yield together
    else:
        yield from ({name: [value] for name, value in member.fields.items()} for member in members)


def _values(members: Sequence[Member], field: str) -> list[Any]:
    return distinct(member.fields[field] for member in members)


def _listed(all_values: Sequence[Any], values: Sequence[Any]) -> str:
    return "any" if len(values) == len(all_values) > 1 else ", ".join(map(field_value, values))


def _picture(sweep: Sweep, charted: Sequence[str], tables: Sequence[Table]) -> Callable[[int, bool], str] | None:
    """Curves over the field with the most numbers, one for each combination of the others; None where none changes."""
    axis = max(sweep.fields, key=lambda name: len(sweep.fields[name]) if _is_numeric(sweep, name) else 0)
    if not _is_numeric(sweep, axis) or len(_values(sweep.valid, axis)) < 2:
        return None
    others = [name for name in sweep.fields if name != axis and len(_values(sweep.valid, name)) > 1]
    curves: dict[str, list[Member]] = {}
    for member in sweep.valid:
        named = [f"{brief_field(name)} {field_value(member.fields[name])}" for name in others]
        curves.setdefault(", ".join(named), []).append(member)
    names = list(curves)[:MAX_CURVES]
    # What differs between curves that are not drawn alone would be a flat line.
    members = [member for name in names for member in curves[name]]
    drawn = [figure for figure in charted if _varies(members, figure)][:_MAX_PANELS]
    if not drawn:
        return None
    if find_spec("plotext") is None:
        missing = f"{missing_extra('drawing curves', 'plotext')}."
        tables[0].remark = f"{tables[0].remark} {missing}" if tables[0].remark else missing
        return None
    more = f"; the first {len(names)} of {exact(len(curves))} curves" if len(curves) > len(names) else ""

    def points(members: Sequence[Member], figure: str) -> list[tuple[float, float]]:
        return sorted((float(member.fields[axis]), float(member.figures[figure])) for member in members)

    panels = [
        Panel(figure_heading(figure), [points(curves[name], figure) for name in names], partial(figure_cell, figure))
        for figure in drawn
    ]
    return lambda width, colour: draw_multiples(panels, f"{axis}{more}", names, width, colour=colour)
