"""A config as another program words it, and which field became which."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from w2v_explore.arguments import path_text
from w2v_explore.config.codes import FOREIGN_REFUSED
from w2v_explore.config.dialects.accounts import SAMPLE_RATE
from w2v_explore.config.dialects.programs import DIALECTS, SAMPLE_RATE_TARGETS, column_of
from w2v_explore.config.dialects.write import WRITERS, unwritable, write_config
from w2v_explore.config.document import known_dialect, parse_document
from w2v_explore.config.entries import OWN_DIALECT, Account, Entry, Status, plain_value
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import OF_ONE_MODEL, Config, ConfigLike, as_config, config_of, read_document
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE, SEARCH
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.reading import Reading, read_config, rename_fields
from w2v_explore.config.text.nodes import OVERRIDE, OVERRIDES
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import ArgumentError, ConfigError
from w2v_explore.version import SCHEMA_VERSION


class Row(NamedTuple):
    """One field's way.

    Attributes:
        status: As in `Account`.
        source: Its path in the config that was read; empty where that has no word for it.
        field: Ours; None where there is none.
        target: Its name in the dialect that is written; empty where there is none.
        value: In our terms.
        note: Why, or whose default.
    """

    status: Status
    source: str
    field: str | None
    target: str
    value: object
    note: str


# What the files of our own say beside the fields.
_METADATA_NOTE = {
    "extends": "what it extends is written out",
    "budgets": "limits for the linter",
    SEARCH: "what `search` varies",
}
_WITHOUT_A_NAME = {"fairseq": {"aux_num_out": "# w2v: aux_num_out=…"}, "huggingface": {}, "unilm": {}}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Conversion:
    """A config that was converted.

    Attributes:
        config: The config.
        to: Whose it is now: ``w2v``, ``torchaudio``, ``fairseq``, ``huggingface``, ``unilm`` or ``python``.
        text: What its file has to hold.
        rows: What became of each field.
    """

    config: Config
    to: str
    text: str
    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        mapped = sum(row.status == "mapped" for row in self.rows)
        return (
            f"<Conversion of {self.config.name!r} from {self.config.dialect} to {self.to}: "
            f"{mapped} fields mapped, {len(self.text):,} characters>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The text and the account of every field, as plain data (docs/json.md)."""
        return {
            "schema_version": SCHEMA_VERSION,
            "config": {"name": self.config.name, "origin": self.config.origin},
            "from": self.config.dialect,
            "to": self.to,
            "text": self.text,
            "fields": [row._asdict() for row in self.rows],
            "warnings": [str(warning) for warning in self.config.warnings],
        }


def convert(
    config: ConfigLike,
    to: str,
    *,
    overrides: Overrides = (),
    dialect: str | None = None,
    allow_unknown: bool = False,
) -> Conversion:
    """Write a config as another program words it, with an account of every field.

    Args:
        config: As in `analyze`.
        to: ``w2v``, ``torchaudio``, ``fairseq``, ``huggingface``, ``unilm``, or ``python`` for the call of torchaudio's
            function.
        overrides: As in `load_config`.
        dialect: As in `load_config`.
        allow_unknown: As in `load_config`.

    Raises:
        ArgumentError: ``to`` or ``dialect`` is none of those.
        SourceError: Nothing is there, or it cannot be read.
        ConfigError: It is wrong, or the other program cannot say it; carries every problem with its place.
        TypeError: An argument is of another type.
    """
    if isinstance(config, (Config, ModelConfig)):
        loaded = as_config(config)
        # Where a config came from is past: it is converted as our own file would be.
        document = parse_document(Source(loaded.origin, write_config(loaded, OWN_DIALECT).encode()), OWN_DIALECT)
    else:
        document = read_document(path_text(config, "a config"), known_dialect(dialect), allow_unknown=allow_unknown)
    return convert_reading(read_config(document, overrides, allow_unknown=allow_unknown), to)


def convert_reading(reading: Reading, to: str) -> Conversion:
    """`convert` of a config that was read.

    Raises:
        ArgumentError: ``to`` is no key of `WRITERS`.
        ConfigError: The config is wrong, or cannot be said.
    """
    if to not in WRITERS:
        raise ArgumentError(f"a config cannot be converted to {to}; give one of {', '.join(WRITERS)}")
    config = config_of(reading)
    found = unwritable(config.model, to)
    if found is not None:
        raise ConfigError([_refusal(reading, *found)])
    rows = tuple(account_for_conversion(reading, to))
    return Conversion(config=config, to=to, text=write_config(config, to), rows=rows)


def _refusal(reading: Reading, field: str, message: str) -> Problem:
    entry = reading.entries.get(field)
    return Problem(
        rule=FOREIGN_REFUSED,
        place=entry.value_place() if entry is not None else reading.document.start,
        key=entry.name() if entry is not None else field,
        message=rename_fields(message, reading.entries),
    )


def account_for_conversion(reading: Reading, to: str) -> list[Row]:
    """Every field of a config that was read, and what it becomes: ours first, each in its order, then the rest."""
    translation = reading.document.translation
    accounts = translation.accounts if translation else ()
    by_field = {account.field: account for account in accounts if account.field}
    rows = [
        _field_row(reading, field, reading.entries[field], by_field.get(field), to)
        for field in reading.family.config.FIELDS
        if field in reading.entries
    ]
    if reading.model is not None and (found := unwritable(reading.model, to)):
        field, why = found[0], rename_fields(found[1], reading.entries)
        rows = [row._replace(status="refused", target="", note=why) if row.field == field else row for row in rows]
    rate = reading.entries.get(SAMPLE_RATE)
    if rate is not None and (plain_value(rate.value) != DEFAULT_SAMPLE_RATE or SAMPLE_RATE not in by_field):
        # Of fairseq's usual rate its level is accounted for.
        rows.append(_sample_rate_row(reading, rate, to))
    rows += [
        Row(account.status, account.theirs, None, "", account.value, account.note)
        for account in accounts
        if account.field is None
    ]
    if translation is None or translation.dialect not in DIALECTS:
        rows += [
            _metadata_row(reading, key, entry, to)
            for key, entry in reading.document.entries.items()
            if key not in reading.family.config.FIELDS and key != SAMPLE_RATE
        ]
    return rows


def _sample_rate_row(reading: Reading, entry: Entry, to: str) -> Row:
    value, target = plain_value(entry.value), SAMPLE_RATE_TARGETS.get(to, "")
    source = OVERRIDE.strip() if entry.path.startswith(OVERRIDE) else entry.name()
    if value == DEFAULT_SAMPLE_RATE:
        return Row("ignored", source, SAMPLE_RATE, "", value, "the sample rate that is usual there too")
    if not target:
        return Row("ignored", source, SAMPLE_RATE, "", value, "the sample rate, for which there is no place")
    beside = not entry.path.startswith(OVERRIDE) and entry.path != reading.document.source.name
    return Row("mapped", source, SAMPLE_RATE, target, value, f"from {entry.path}" if beside else "")


def _field_row(reading: Reading, field: str, entry: Entry, account: Account | None, to: str) -> Row:
    value = plain_value(entry.value)
    target = target_name(reading.family.name, field, to, is_null=value is None)
    if account is not None and entry.path == reading.document.source.name:
        return Row(account.status, account.theirs, field, target, value, account.note)
    if entry.path.startswith(OVERRIDES):
        source = OVERRIDE.strip() if entry.path.startswith(OVERRIDE) else "an override"
        return Row("mapped", source, field, target, value, "")
    note = "" if entry.path == reading.document.source.name else f"from {entry.path}"
    return Row("mapped", entry.name(), field, target, value, note)


def target_name(family: str, field: str, to: str, is_null: bool) -> str:
    """What a dialect calls one of our fields; empty for the nulls that other programs leave unsaid."""
    if to not in DIALECTS:
        return field
    if is_null:
        return ""
    column = column_of(family, to)
    return "" if column is None else ", ".join(column.counterparts[field].names) or _WITHOUT_A_NAME[to].get(field, "")


def _metadata_row(reading: Reading, key: str, entry: Entry, to: str) -> Row:
    value = plain_value(entry.value)
    if reading.changes and key in OF_ONE_MODEL:
        return Row("ignored", key, None, "", value, "about the model before --set changed it")
    if to == "w2v" and key not in _METADATA_NOTE:
        return Row("mapped", key, None, key, value, "about the file")
    return Row("ignored", key, None, "", value, _METADATA_NOTE.get(key, "about the file"))
