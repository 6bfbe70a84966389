"""What is said of the preset that a config equals or is nearest to."""

from w2v_explore.analysis.identify import Nearest
from w2v_explore.config.load import Config
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import conv_layers, scalar

_SHOWN_FIELDS = 3


def identity_report(config: Config, nearest: Nearest) -> Report:
    """One config, and every field in which it differs from the nearest preset."""
    if nearest.equals:
        return Report(config.name, [describe_origin(config), _describe_equal(nearest.equals)], [])
    columns = [
        Column("Field", numeric=False),
        Column("Config", numeric=False, wraps=True),
        Column("Preset", numeric=False, wraps=True),
    ]
    table = Table("", columns)
    table.rows += [(field, _value(own), _value(preset)) for field, (own, preset) in nearest.differences.items()]
    return Report(config.name, [describe_origin(config), f"nearest preset: {nearest.preset}"], [table])


def describe_nearest(nearest: Nearest) -> str:
    """The same in a line, the first few fields named."""
    if nearest.equals:
        return _describe_equal(nearest.equals)
    fields = [f"{field} {_value(own)} (not {_value(preset)})" for field, (own, preset) in nearest.differences.items()]
    more = len(fields) - _SHOWN_FIELDS
    shown = ", ".join(fields[:_SHOWN_FIELDS]) + (f" and {more} more" if more > 0 else "")
    return f"nearest preset: {nearest.preset}, but for {shown}"


def describe_origin(config: Config) -> str:
    """``preset base``, or ``preset base, changed: encoder_num_layers 6 (not 12)``."""
    if not config.changes:
        return config.origin
    changes = [f"{field} {_value(after)} (not {_value(before)})" for field, before, after in config.changes]
    return f"{config.origin}, changed: {', '.join(changes)}"


def _describe_equal(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"equal to the preset {names[0]}"
    return f"equal to the presets {', '.join(names[:-1])} and {names[-1]}"


def _value(value: object) -> str:
    return conv_layers(value) if isinstance(value, list) else scalar(value)
