"""Which field of a config became which in another dialect."""

from typing import NamedTuple

from w2v_explore.config.dialects.ledger import SAMPLE_RATE, Account, Status
from w2v_explore.config.dialects.table import DIALECTS, SAMPLE_RATE_TARGETS
from w2v_explore.config.document import Entry, plain_value
from w2v_explore.config.load import OF_ONE_MODEL, Reading
from w2v_explore.config.nodes import OVERRIDE
from w2v_explore.config.schema import FIELDS


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
_METADATA_NOTE = {"extends": "followed", "budgets": "limits for the linter"}
_WITHOUT_A_NAME = {"fairseq": {"aux_num_out": "# w2v: aux_num_out=…"}}


def account_for_conversion(reading: Reading, to: str) -> list[Row]:
    """Every field of a config that was read, and what it becomes: our 16 first, each in its order, then the rest."""
    translation = reading.document.translation
    accounts = translation.accounts if translation else ()
    by_field = {account.field: account for account in accounts if account.field}
    rows = [
        _field_row(reading, field, reading.entries[field], by_field.get(field), to)
        for field in FIELDS
        if field in reading.entries
    ]
    if SAMPLE_RATE in reading.entries and translation is not None:
        rows.append(_sample_rate_row(reading, reading.entries[SAMPLE_RATE], to))
    rows += [
        Row(account.status, account.theirs, None, "", account.value, account.note)
        for account in accounts
        if account.field is None
    ]
    if translation is None or translation.dialect not in DIALECTS:
        rows += [
            _metadata_row(reading, key, entry, to)
            for key, entry in reading.document.entries.items()
            if key not in FIELDS
        ]
    return rows


def _sample_rate_row(reading: Reading, entry: Entry, to: str) -> Row:
    value, target = plain_value(entry.value), SAMPLE_RATE_TARGETS.get(to, "")
    note = reading.sample_rate_source or ""
    if not target:
        return Row("ignored", entry.name(), SAMPLE_RATE, "", value, f"no place for it there; {note}")
    return Row("mapped", entry.name(), SAMPLE_RATE, target, value, "" if note == entry.name() else f"from {note}")


def _field_row(reading: Reading, field: str, entry: Entry, account: Account | None, to: str) -> Row:
    value = plain_value(entry.value)
    target = target_name(field, to, is_null=value is None)
    if account is not None and entry.path == reading.document.source.name:
        return Row(account.status, account.theirs, field, target, value, account.note)
    if entry.path.startswith(OVERRIDE):
        return Row("mapped", OVERRIDE.strip(), field, target, value, "")
    note = "" if entry.path == reading.document.source.name else f"from {entry.path}"
    return Row("mapped", entry.name(), field, target, value, note)


def target_name(field: str, to: str, is_null: bool) -> str:
    """What a dialect calls one of our fields; empty for the nulls that other programs leave unsaid."""
    if to not in DIALECTS:
        return field
    if is_null:
        return ""
    return ", ".join(DIALECTS[to].counterparts[field].names) or _WITHOUT_A_NAME[to][field]


def _metadata_row(reading: Reading, key: str, entry: Entry, to: str) -> Row:
    value = plain_value(entry.value)
    if reading.changes and key in OF_ONE_MODEL:
        return Row("ignored", key, None, "", value, "about the model before --set changed it")
    if to == "w2v" and key not in _METADATA_NOTE:
        return Row("mapped", key, None, key, value, "about the file")
    return Row("ignored", key, None, "", value, _METADATA_NOTE.get(key, "about the file"))
