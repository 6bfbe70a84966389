"""From a document to a `Reading`: what it extends, overrides, and a report of all that is wrong."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import prod
from typing import NamedTuple

import yaml

from w2v_explore.config import codes
from w2v_explore.config.document import parse_document
from w2v_explore.config.entries import (
    Document,
    Entry,
    exact_value,
    family_of,
    plain_value,
    stated_family,
    states_fields,
)
from w2v_explore.config.family import ARCHITECTURE, FAMILIES, Family, ModelConfig, family_named, other_families
from w2v_explore.config.kinds import Fault, meaning
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE, MAX_SAMPLE_RATE, METADATA, SEARCH
from w2v_explore.config.overrides import Overrides, override_documents
from w2v_explore.config.text.nodes import MAPPING_OVERRIDE, OVERRIDES
from w2v_explore.config.text.source import is_preset, read_source
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Problem, Rule, shorten
from w2v_explore.errors import SourceError

_MAX_MISSING_NAMED = 3
_NAME_BASE = "name a preset, or the file of a config"
# The rest describes one file, not what extends it.
_INHERITED = (ARCHITECTURE, "family", "sample_rate")
_MAX_EXTENDS = 16
# Compiled where it is first needed.
_NAME = r"\b(\w+)\b((?:\[\d+\])*)"


class FieldChange(NamedTuple):
    """A value that an override replaced by another.

    Attributes:
        field: A field, or ``sample_rate``.
        before: What it was.
        after: What it is.
    """

    field: str
    before: object
    after: object

    def __str__(self) -> str:
        """``encoder_num_layers 6``."""
        after = self.after
        text = "null" if after is None else str(after).lower() if isinstance(after, bool) else str(after)
        return f"{self.field} {shorten(text)}"


class Reading(NamedTuple):
    """A config as it was read, right or wrong.

    Attributes:
        document: The file itself.
        entries: The entries that hold, those of the files it extends included; the last stated comes last.
        family: Whose fields they are.
        values: The plain values of the fields among them.
        problems: All that is wrong, sorted by place.
        model: The config; None where a problem stands against it.
        warnings: What other programs' configs say beside the architecture that is not read.
        bases: The documents that it extends, the innermost first.
        changes: The values that overrides replaced by others.
        not_counted: The fields that are not known and were left out, since that was allowed.
    """

    document: Document
    entries: dict[str, Entry]
    family: Family
    values: dict[str, object]
    problems: list[Problem]
    model: ModelConfig | None
    warnings: list[Problem]
    bases: tuple[Document, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    not_counted: tuple[str, ...] = ()

    @property
    def sample_rate(self) -> int:
        """The config's own, or the default; only where nothing is wrong."""
        entry = self.entries.get("sample_rate")
        return DEFAULT_SAMPLE_RATE if entry is None else plain_value(entry.value)  # type: ignore[return-value]

    @property
    def sample_rate_source(self) -> str | None:
        """What states the sample rate, as in `Config`."""
        entry = self.entries.get("sample_rate")
        if entry is None:
            return None
        if entry.path.startswith(OVERRIDES):
            return "an override" if entry.path.startswith(MAPPING_OVERRIDE) else entry.path.partition(" ")[0]
        if entry.path != self.document.source.name:
            return os.path.basename(entry.path)
        return entry.names[0] if entry.names else None


def read_config(document: Document, overrides: Overrides = (), *, allow_unknown: bool = False) -> Reading:
    """Follow what a document extends, apply overrides, and check it all; never raises for what a config says.

    Args:
        document: The file itself.
        overrides: As in `load_config`.
        allow_unknown: As in `load_config`.
    """
    documents, problems = _documents_of(document)
    innermost, bases = documents[0], tuple(documents[:-1])
    is_chain = not problems
    family, of_family = _family_of(documents)
    problems += of_family
    complete = not problems and _states_all_it_can(innermost)
    unchanged = _merge(documents, document, family) if overrides != () else {}
    translations = [each.translation for each in documents if each.translation]
    warnings = [warning for translation in translations for warning in translation.warnings]
    unread = [problem for translation in translations for problem in translation.unread]
    if allow_unknown:
        warnings += [_allow(problem) for problem in unread]
    else:
        problems += unread
    if overrides != ():
        documents += override_documents(overrides)
    for each in documents:
        problems += each.problems
    problems += _unknown_keys(documents, family, is_certain=is_chain and not of_family)
    entries = _merge(documents, document, family)
    fields = family.config.FIELDS
    values = {key: exact_value(entry.value) for key, entry in entries.items() if key in fields}
    checked = _stated_in_family(values, entries, documents) if of_family else values
    problems += [_locate(fault, entries) for fault in family.faults(checked)]
    problems += _metadata_problems(entries)
    if SEARCH in entries and is_chain and not of_family:
        problems += _search_problems(entries[SEARCH], family, values)
    if complete:
        problems += _missing_keys(documents, document, entries, family, problems)
    problems.sort(key=_order)
    # The values were checked just now: the constructor need not check them again.
    model = None if problems else family.config.from_checked(values)
    warnings += document.warnings
    reading = Reading(
        document=document,
        entries=entries,
        family=family,
        values=values,
        problems=problems,
        model=model,
        warnings=warnings,
        bases=bases,
        changes=_changes(unchanged, entries, family) if overrides else (),
        not_counted=tuple(dict.fromkeys(str(problem.key) for problem in unread)) if allow_unknown else (),
    )
    for translation in translations:
        warnings += _check_label_rate(translation.label_rate, reading)
        warnings += _check_sample_rates(translation.other_rates, reading)
        head = entries.get("aux_num_out")
        if translation.open_head is not None and head is not None and not head.stated:
            warnings.append(translation.open_head)
    return reading


def _allow(problem: Problem) -> Problem:
    """An unknown field that is left out: what was an error is a warning."""
    message = f"{shorten(str(problem.key))} is not known here and may change the architecture; it is not counted"
    return problem._replace(rule=codes.FOREIGN_UNKNOWN, message=message)


def _check_label_rate(entry: Entry | None, reading: Reading) -> Iterator[Problem]:
    """Hold the labels per second that a model is trained with against its frames per second."""
    rate = plain_value(entry.value) if entry is not None else None
    if entry is None or reading.model is None or not isinstance(rate, int | float) or rate <= 0:
        # A rate of −1 stands for labels of the utterance.
        return
    frame_rate = reading.sample_rate / prod(stride for _, _, stride in reading.model.conv_layers)
    if rate != frame_rate:
        message = (
            f"{entry.name()} is {rate:g}, and the model makes {frame_rate:g} frames a second of audio at "
            f"{reading.sample_rate:,} Hz; write the rate of the labels, and check the strides and the sample rate"
        )
        yield _problem(codes.LABEL_RATE, entry, message)


def _check_sample_rates(others: Sequence[Entry], reading: Reading) -> Iterator[Problem]:
    """Hold the samples per second that are taken against others that the same config states."""
    taken = reading.entries.get("sample_rate")
    if taken is None or reading.problems or taken.is_override or not taken.names:
        # What overrides or a config of ours say is meant.
        return
    for entry in others:
        if plain_value(entry.value) != reading.sample_rate:
            message = (
                f"{entry.name()} is {describe(plain_value(entry.value))}, and {taken.name()} is {reading.sample_rate}: "
                "the second is taken; write the same in both"
            )
            yield _problem(codes.SAMPLE_RATES, entry, message)


def _states_all_it_can(document: Document) -> bool:
    """Whether what a document lacks is missing from it, rather than lost where it could not be read."""
    if document.translation is not None and document.problems:
        return False
    return bool(document.entries or not document.problems)


def _changes(before: Mapping[str, Entry], after: Mapping[str, Entry], family: Family) -> tuple[FieldChange, ...]:
    """What overrides made of the values: one that was missing, or that stays what it means, has not changed."""
    changes = []
    fields = family.config.FIELDS
    for key in (*fields, "sample_rate"):
        entry = after.get(key)
        if entry is None or not entry.is_override or (key in fields and key not in before):
            continue
        was = plain_value(before[key].value) if key in before else DEFAULT_SAMPLE_RATE
        change = FieldChange(key, was, plain_value(entry.value))
        field = fields.get(key)
        is_same = meaning(was, field.kind) == meaning(change.after, field.kind) if field else was == change.after
        if not is_same:
            changes.append(change)
    return tuple(changes)


def _documents_of(document: Document) -> tuple[list[Document], list[Problem]]:
    """The documents that make up a config, the innermost base first; and what is wrong with the way they extend."""
    chain = [document]
    if "extends" not in document.entries:
        return chain, []
    seen = {document.source.identity}
    while "extends" in chain[0].entries:
        entry = chain[0].entries["extends"]
        reference = plain_value(entry.value)
        if not isinstance(reference, str):
            message = f"extends is {describe(reference)}; write a preset's name or a relative path"
            return chain, [_problem(codes.METADATA_TYPE, entry, message)]
        if chain[0].source.is_embedded:
            # A checkpoint comes from anywhere, and must not lead to files of those who open it.
            message = "a config inside a checkpoint extends nothing; name a file that says what this config is"
            return chain, [_problem(codes.EXTENDS_MISSING, entry, message)]
        try:
            base = read_source(reference, chain[0].source.folder)
        except SourceError as error:
            return chain, [_problem(codes.EXTENDS_MISSING, entry, str(error))]
        if base.identity in seen or len(chain) > _MAX_EXTENDS:
            message = f"extends {reference}, which leads back here; the last config of a chain must extend nothing"
            return chain, [_problem(codes.EXTENDS_CYCLE, entry, message)]
        seen.add(base.identity)
        extended = parse_document(base)
        if not _is_a_config(extended) and not is_preset(base):
            # Whatever else would be said of the file quotes it.
            message = f"{base.name}: what `extends` names is no config of a model; {_NAME_BASE}"
            return chain, [_problem(codes.EXTENDS_MISSING, entry, message)]
        chain.insert(0, extended)
    return chain, []


def _family_of(documents: Sequence[Document]) -> tuple[Family, list[Problem]]:
    """The family of a config, and what is wrong with the way it is named; the innermost document comes first."""
    family = family_of(documents[0])
    problems: list[Problem] = []
    for number, each in enumerate(documents):
        entry = each.entries.get(ARCHITECTURE)
        if entry is None:
            continue
        stated = stated_family(each.entries)
        if stated is None:
            stated, problem = _no_family(entry)
            problems.append(problem)
        elif stated is not family:
            message = (
                f"{entry.name()} is {stated.name}, and {documents[number - 1].source.name}, which this extends, is of "
                f"{family.name}; extend a config of {stated.name}, or none and state all fields"
            )
            problems.append(_problem(codes.ARCHITECTURE, entry, message))
        family = stated or family
    return family, problems


def _stated_in_family(
    values: Mapping[str, object], entries: Mapping[str, Entry], documents: Sequence[Document]
) -> dict[str, object]:
    """The values that the last document to name a family states, or one after it; those of bases are of another."""
    last = max(number for number, each in enumerate(documents) if ARCHITECTURE in each.entries)
    return {
        key: value
        for key, value in values.items()
        if any(each.entries.get(key) is entries[key] for each in documents[last:])
    }


def _no_family(entry: Entry) -> tuple[Family | None, Problem]:
    """What to say of an architecture that there is not, and the family that was most likely meant."""
    from w2v_explore.config.suggest import did_you_mean, nearest

    value = plain_value(entry.value)
    misspelt = nearest(value, FAMILIES) if isinstance(value, str) else []
    guesses = list(dict.fromkeys([*_families_called(value), *misspelt]))
    instead = did_you_mean(guesses, "")
    message = f"{entry.name()} is {describe(value)}; write one of {', '.join(FAMILIES)}{instead and f': {instead}'}"
    fix = guesses[0] if len(guesses) == 1 and misspelt else None
    return family_named(fix) if fix else None, _problem(codes.ARCHITECTURE, entry, message)._replace(fix=fix)


def _families_called(value: object) -> list[str]:
    """The families that another program calls by a name, or whose own name has it for a word."""
    name = str(value).lower().replace("_", "-")
    return [
        family
        for family, names in FAMILIES.items()
        if name in (*names.huggingface, *names.fairseq) or name in family.split("_")
    ]


def _is_a_config(base: Document) -> bool:
    """Whether a base shows that it is a config, right or wrong."""
    if states_fields(base):
        return True
    # Imported only where a base states none of the fields.
    from w2v_explore.config.evidence import shows_a_model

    return shows_a_model(base)


def _merge(documents: Sequence[Document], outermost: Document, family: Family) -> dict[str, Entry]:
    """The entries that hold once each document has replaced those of the ones before; the last stated comes last."""
    if len(documents) == 1:
        return outermost.entries
    entries: dict[str, Entry] = {}
    inherited = _inherited_keys(family)
    own = False
    for each in documents:
        own = own or each is outermost
        for key, entry in each.entries.items():
            if own or key in inherited:
                entries.pop(key, None)
                entries[key] = entry
    return entries


@cache
def _inherited_keys(family: Family) -> frozenset[str]:
    return frozenset({*family.config.FIELDS, *_INHERITED})


@cache
def _known_keys(family: Family) -> frozenset[str]:
    return frozenset({*family.config.FIELDS, *METADATA})


def _unknown_keys(documents: Sequence[Document], family: Family, *, is_certain: bool) -> Iterator[Problem]:
    """The keys that no config of a family has; where the family is not certain, those of no family.

    Nor is it certain where ``architecture`` is misspelt: that is said, and not of each field of the one that is meant.
    """
    known = _known_keys(family)
    odd = [document for document in documents if not document.entries.keys() <= known]
    if not odd:
        return
    # Imported only where something is wrong.
    from w2v_explore.config.unknown_keys import misspells_architecture, unknown_keys

    if not is_certain or any(misspells_architecture(document, known) for document in odd):
        known = known.union(*(other.config.FIELDS for other in other_families(family)))
    for document in odd:
        yield from unknown_keys(document, family, known)


def _missing_keys(
    documents: Sequence[Document],
    document: Document,
    entries: dict[str, Entry],
    family: Family,
    problems: Sequence[Problem],
) -> Iterator[Problem]:
    fields = family.config.FIELDS
    if fields.keys() <= entries.keys():
        return
    # A misspelt key is one problem, not an unknown one and a missing one.
    unknown = [problem.key or "" for problem in problems if problem.rule is codes.UNKNOWN_KEY]
    misspelt: set[str | None] = set()
    if unknown:
        from w2v_explore.config.unknown_keys import meaning_of

        misspelt = {meaning_of(key, family)[0] for key in unknown}
    if not misspelt.isdisjoint(("extends", ARCHITECTURE)):
        return
    worded = {key: problem for each in documents for key, problem in each.missing.items()}
    missing = [key for key in fields if key not in entries and key not in misspelt]
    write_all = f"write all {len(fields)} fields, or `extends: {family.reference}` and only what differs"
    if len(missing) > _MAX_MISSING_NAMED and not worded:
        # One cause, one problem: nobody forgets so many, one by one.
        found = (
            f"{len(missing)} of the {len(fields)} fields are missing: {', '.join(missing)}"
            if len(missing) < len(fields)
            else f"none of the {len(fields)} fields is stated"
        )
        yield Problem(rule=codes.MISSING_KEY, place=document.start, key=None, message=f"{found}; {write_all}")
        return
    for key in missing:
        plain = Problem(rule=codes.MISSING_KEY, place=document.start, key=key, message=f"{key} is missing; {write_all}")
        yield worded.get(key, plain)


def _metadata_problems(entries: dict[str, Entry]) -> Iterator[Problem]:
    for key in METADATA:
        if key not in entries or key in ("extends", ARCHITECTURE):
            continue
        entry = entries[key]
        value = exact_value(entry.value)
        if key == "sample_rate":
            good = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SAMPLE_RATE
            instead = "a whole number of samples per second, as 16000"
        elif key == "budgets":
            good, instead = isinstance(value, dict), "a mapping of limits, as `parameters: 100M`"
        elif key == SEARCH:
            good = isinstance(value, dict)
            instead = "a mapping of fields and their values, as `encoder_num_layers: [6, 12]`"
        else:
            good, instead = isinstance(value, str), "text, in quotes where YAML would read it as something else"
        if not good:
            yield _problem(
                codes.METADATA_TYPE, entry, f"{entry.name()} is {describe(plain_value(entry.value))}; write {instead}"
            )


def _search_problems(entry: Entry, family: Family, values: Mapping[str, object]) -> Sequence[Problem]:
    """What is wrong with the space beside a config."""
    if not isinstance(entry.value, yaml.MappingNode):
        return ()
    # Imported only where there is one.
    from w2v_explore.config.search.section import read_section

    return read_section(entry, family, values).problems


def _locate(fault: Fault, entries: Mapping[str, Entry]) -> Problem:
    """The fault at its place, under the names that its document has.

    Where two fields disagree, that is the one that the outermost document states; never another program's default
    where the other is stated. Of a list it is the entry that is wrong, or the one beside it in the other list.
    """
    entry = entries[fault.key]
    place = entry.value_place(*fault.item)
    if fault.partner is not None:
        partner = entries[fault.partner]
        if partner.path != entry.path:
            stated = list(entries)
            place = entries[max(fault.key, fault.partner, key=stated.index)].value_place(*fault.item)
        elif partner.stated and not entry.stated:
            place = partner.value_place(*fault.item)
    key = fault.key + "".join(f"[{number}]" for number in fault.item)
    message = fault.message
    if any(entry.names for entry in entries.values()):
        key, message = entry.name(fault.item), rename_fields(message, entries, fault.item)
    return Problem(rule=fault.rule, place=place, key=key, message=message, fix=fault.fix)


def rename_fields(message: str, entries: Mapping[str, Entry], item: tuple[int | str, ...] = ()) -> str:
    """A message with the names that other programs' configs have for the fields it speaks of."""

    def rename(match: re.Match[str]) -> str:
        entry = entries.get(match[1])
        if entry is None or not entry.names or match[1] in METADATA:
            return match[0]
        return entry.name(item) if match[2] else entry.names[0]

    return re.sub(_NAME, rename, message)


def _problem(rule: Rule, entry: Entry, message: str) -> Problem:
    return Problem(rule=rule, place=entry.value_place(), key=entry.key.value, message=message)


def _order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place
    return place.path, place.line or 0, place.column or 0, problem.rule.code
