"""From another program's document to one whose entries are our fields, each at its place in the original file."""

from collections.abc import Mapping

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.accounts import Accounts
from w2v_explore.config.dialects.columns import Guard
from w2v_explore.config.dialects.espnet import names_an_encoder, read_espnet
from w2v_explore.config.dialects.fairseq import read_fairseq
from w2v_explore.config.dialects.fairseq2 import names_an_architecture, read_fairseq2
from w2v_explore.config.dialects.huggingface import read_huggingface
from w2v_explore.config.dialects.programs import DIALECTS
from w2v_explore.config.dialects.recognise import family_of_arguments, recognise
from w2v_explore.config.dialects.relatives import find_relative
from w2v_explore.config.dialects.section import Section, scalar
from w2v_explore.config.dialects.strangers import find_stranger, find_tagged
from w2v_explore.config.dialects.unilm import read_unilm
from w2v_explore.config.entries import Account, Document, Entry, Status, Translation, plain_value
from w2v_explore.config.family import ARCHITECTURE, default_family
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Problem

UNKNOWN = "unknown"
"""Whose config a file is that is nobody's."""

_AS_HERE = "as the architecture here has it"

READERS = {"fairseq": read_fairseq, "huggingface": read_huggingface, "unilm": read_unilm}


def translate(document: Document, root: yaml.MappingNode, dialect: str | None) -> Document:
    """A document as ours, whoever wrote it; the same document where nothing needs to be translated.

    Args:
        document: As it was parsed.
        root: Its top-level mapping.
        dialect: Whose it is; recognised by its content where None.
    """
    section = Section.of(root)
    if dialect is None:
        # Whoever's fields it states, tags that build objects leave none of them a value.
        tagged = find_tagged(document, section)
        if tagged is not None:
            return refuse(document, tagged.message, is_known=tagged.is_known)
    name = dialect or recognise(section)
    if name is None:
        stranger = find_stranger(document, section)
        return document if stranger is None else refuse(document, stranger.message, is_known=stranger.is_known)
    if name == "torchaudio":
        return _read_recipe(document, section) if names_an_encoder(section) else _read_torchaudio(document)
    if name not in DIALECTS:
        return document
    accounts = Accounts(document, name)
    relative = find_relative(section)
    if relative is not None:
        accounts.complain_of_file(relative.message, codes.FOREIGN_FAMILY)
    elif name == "fairseq" and names_an_architecture(section):
        read_fairseq2(accounts, section)
    else:
        READERS[name](accounts, section)
    return accounts.close()


def refuse(document: Document, message: str, *, is_known: bool = True) -> Document:
    """A document that is no config: the cause alone, whatever else might be said of its parts.

    Args:
        document: As it was parsed.
        message: The cause.
        is_known: As `Strange.is_known`.
    """
    problem = Problem(rule=codes.FOREIGN_FAMILY, place=document.start, key=None, message=message)
    translation = Translation(UNKNOWN, is_family=False, is_known_stranger=is_known)
    return document._replace(entries={}, problems=(problem,), translation=translation)


def _read_recipe(document: Document, section: Section) -> Document:
    """A recipe of ESPnet that holds arguments of torchaudio's: the rest have the defaults of ESPnet."""
    accounts = Accounts(document, "torchaudio")
    read_espnet(accounts, section)
    return accounts.close()


def _read_torchaudio(document: Document) -> Document:
    """The arguments of torchaudio's functions are our fields themselves; none has a default.

    A function that others made of one of them may take arguments that are no fields, and lack one that is.
    """
    family = family_of_arguments(document.entries.keys()) or default_family()
    words, name = family.part("dialects"), document.source.name
    further: Mapping[str, Guard] = getattr(words, "ARGUMENTS", {})
    mark = yaml.Mark(name, 0, 0, 0, None, 0)

    def unstated(value: object) -> Entry:
        node = scalar(value, mark, mark)
        return Entry(name, node, node, stated=False)

    entries = {key: entry for key, entry in document.entries.items() if key not in further}
    if family is not default_family():
        entries[ARCHITECTURE] = unstated(family.name)
    accounts = [
        Account("mapped", key, key, plain_value(entry.value))
        for key, entry in entries.items()
        if key in family.config.FIELDS
    ]
    problems = list(document.problems)
    for key in document.entries.keys() & further.keys():
        entry, guard = document.entries[key], further[key]
        value = plain_value(entry.value)
        is_harmless = value in guard.harmless
        status: Status = "ignored" if is_harmless else "refused"
        note = _AS_HERE if is_harmless else guard.reason
        accounts.append(Account(status, key, None, value, note, entry.value_place()))
        if not is_harmless:
            message = f"{key} is {describe(value)}, which cannot be read: {guard.reason}"
            problem = Problem(rule=codes.FOREIGN_REFUSED, place=entry.value_place(), key=key, message=message)
            problems.append(problem)
    for key, value in getattr(words, "ASSUMED", {}).items() if further.keys() & document.entries.keys() else ():
        if key not in entries:
            entries[key] = unstated(value)
            accounts.append(Account("defaulted", "", key, value, "what has these arguments has it always"))
    translation = Translation("torchaudio", tuple(accounts), family=family.name)
    return document._replace(entries=entries, translation=translation, problems=tuple(problems))
