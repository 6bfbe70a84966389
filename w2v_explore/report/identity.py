"""What is said of a config: the preset that it equals or is nearest to, how it was read, and what its model takes."""

from w2v_explore.analysis.presets.identify import Nearest
from w2v_explore.config.load import Config
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import exact, field_value, first_few

_SHOWN_FIELDS = 3


def identity_report(config: Config, nearest: Nearest) -> Report:
    """One config, its architecture, and every field in which it differs from the nearest preset."""
    lines = [describe_origin(config), f"architecture: {config.model.family.title}"]
    if nearest.equals:
        return Report(config.name, [*lines, _describe_equal(nearest.equals)], [])
    columns = [
        Column("Field", numeric=False),
        Column("Config", numeric=False, wraps=True),
        Column("Preset", numeric=False, wraps=True),
    ]
    table = Table("", columns)
    table.rows += [
        (field, field_value(own), field_value(preset)) for field, (own, preset) in nearest.differences.items()
    ]
    lines += [f"nearest preset: {nearest.preset}", *describe_not_counted(nearest.not_counted)]
    return Report(config.name, lines, [table] if table.rows else [])


def describe_nearest(nearest: Nearest) -> str:
    """The nearest preset in a line, with the first few fields that differ."""
    if nearest.equals:
        return _describe_equal(nearest.equals)
    if not nearest.differences:
        return f"nearest preset: {nearest.preset}, but for what is not counted"
    fields = [
        f"{field} {field_value(own)} (not {field_value(preset)})"
        for field, (own, preset) in nearest.differences.items()
    ]
    return f"nearest preset: {nearest.preset}, but for {first_few(fields, _SHOWN_FIELDS)}"


def repeats_changes(config: Config, nearest: Nearest) -> bool:
    """Whether the changes of a config are all in which it differs from its nearest preset, which was changed."""
    changes = {change.field: (change.after, change.before) for change in config.changes}
    return bool(changes) and nearest.differences == changes and config.origin == f"preset {nearest.preset}"


def describe_origin(config: Config) -> str:
    """``preset base``, or ``preset base, changed: encoder_num_layers 6 (not 12)``."""
    if not config.changes:
        return config.origin
    changes = [f"{field} {field_value(after)} (not {field_value(before)})" for field, before, after in config.changes]
    return f"{config.origin}, changed: {', '.join(changes)}"


def describe_not_counted(fields: tuple[str, ...]) -> list[str]:
    """A line that names the fields of another program's config that were left out; no line where no field was."""
    if not fields:
        return []
    return [f"NOT COUNTED: {first_few(fields, _SHOWN_FIELDS)}, not known here; the model may be another"]


def describe_reading(config: Config) -> list[str]:
    """What every report says of how a config was read: where its sample rate comes from, and what was left out."""
    lines = describe_not_counted(config.not_counted)
    if config.sample_rate_source is not None:
        lines.insert(0, f"sample rate: {exact(config.sample_rate)} Hz, from {config.sample_rate_source}")
    return lines


def _describe_equal(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"equal to the preset {names[0]}"
    return f"equal to the presets {', '.join(names[:-1])} and {names[-1]}"
