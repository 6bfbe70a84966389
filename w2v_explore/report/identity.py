"""What is said of a config: the preset that it equals or is nearest to, how it was read, and what its model takes."""

from collections.abc import Iterable, Sequence

from w2v_explore.analysis.presets.identify import Nearest
from w2v_explore.config.load import Config
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import exact, field_value, first_few

_SHOWN_FIELDS = 3


def identity_report(config: Config, nearest: Nearest) -> Report:
    """One config, its architecture, and every field in which it differs from the nearest preset."""
    lines = [describe_origin(config), _describe_architecture(config, nearest)]
    if nearest.equals:
        return Report(config.name, [*lines, _describe_equal(nearest.equals)], [])
    fields: dict[str, list[str]] = {"Architecture": [], "Dropouts": [], "Audio": []}
    for field in nearest.differences:
        of_what = "Dropouts" if field in nearest.dropouts else "Architecture"
        fields[of_what if field in config.model.FIELDS else "Audio"].append(field)
    tables = [_differences(title, nearest, names) for title, names in fields.items() if names]
    lines += [f"nearest preset: {nearest.preset}", *describe_not_counted(nearest.not_counted)]
    return Report(config.name, lines, tables)


def _describe_architecture(config: Config, nearest: Nearest) -> str:
    """``architecture: wav2vec 2.0, as base; dropouts differ: encoder_dropout 0.3 (not 0.1)``."""
    text = f"architecture: {config.model.family.title}"
    if nearest.equals or not nearest.same_architecture:
        return text
    text += f", as {first_few(nearest.same_architecture, _SHOWN_FIELDS)}"
    dropouts = _describe_differences(nearest, nearest.dropouts)
    return f"{text}; dropouts differ: {', '.join(dropouts)}" if dropouts else text


def _differences(title: str, nearest: Nearest, fields: Sequence[str]) -> Table:
    columns = [
        Column("Field", numeric=False),
        Column("Config", numeric=False, wraps=True),
        Column("Preset", numeric=False, wraps=True),
    ]
    rows = [(field, *map(field_value, nearest.differences[field])) for field in fields]
    return Table(title, columns, [*rows])


def describe_nearest(nearest: Nearest) -> str:
    """The nearest preset in a line, with the first few fields that differ."""
    if nearest.equals:
        return _describe_equal(nearest.equals)
    if not nearest.differences:
        return f"nearest preset: {nearest.preset}, but for what is not counted"
    fields = _describe_differences(nearest, nearest.differences)
    return f"nearest preset: {nearest.preset}, but for {first_few(fields, _SHOWN_FIELDS)}"


def _describe_differences(nearest: Nearest, fields: Iterable[str]) -> list[str]:
    """``encoder_dropout 0.3 (not 0.1)``."""
    both = {field: nearest.differences[field] for field in fields}
    return [f"{field} {field_value(own)} (not {field_value(preset)})" for field, (own, preset) in both.items()]


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
