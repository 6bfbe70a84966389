"""Which files that a search comes across are model configs; of the others, what keeps them from being one."""

import os
import re
from collections.abc import Iterator
from functools import cache
from typing import TypeGuard

import yaml

from w2v_explore.config import codes
from w2v_explore.config.entries import SHARED_NAMES, Document, family_of
from w2v_explore.config.family import ARCHITECTURE, Family, default_family, names_in
from w2v_explore.config.metadata import METADATA, SEARCH
from w2v_explore.config.presets import preset_names

_DIALECTS = ("fairseq", "huggingface", "torchaudio", "unilm")
# Other programs' settings have an `extends`, too: those of yamllint, ESLint, Stylelint, Spectral, Renovate, of Azure's
# pipelines. What they extend are packages, and most of their files are hidden.
_LINTERS_KEYS = frozenset({"rules", "plugins", "parserOptions", "packageRules", "yaml-files"})
_PIPELINES_KEYS = frozenset({"template", "file", "service"})
# The patterns are compiled when they are first needed: most searches come across nothing odd.
_BEGINNING = r"""(?m)^[{"'\ufeff]*(?:extends|architecture|budgets)\b["']?[ \t]*(?:[:=]|[ \t]\w)"""
_PACKAGE = r"@|[a-z][\w-]+:(?!//)"
# Copied from a page, a key has a space that does not break, or one of no width, which YAML takes for a part of the key.
_UNSEEN = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff"
# The keys at the top of a readable mapping, in block style or JSON of a key a line, with what follows on their lines.
_KEYS = r"""(?m)^(?:\{?[ \t]*["'])?([A-Za-z_][\w -]*)["']?[ \t]*:[ \t]*([^\s,}]*)"""
# What is extended, at any depth: a preset, unless that is a service of Compose.
_EXTENDED = r"""\bextends["']?[ \t]*:[ \t]*["']?([\w./-]+)"""
# Keys are held against field names letter by letter: of thousands, so many.
_MAX_KEYS = 100
_FAIRSEQ_NAME = r"""\b_name["']?[ \t]*:[ \t]*["']?(?:%s)\b(?!_)"""
_CLOSE, _A_LETTER_AWAY = 0.8, 0.95
# What stands in the value of a misspelt `extends` tells as well; "bert" is not "hubert".
_CLOSE_TO_EXTENDS, _CLOSE_FAMILY = 0.7, 0.85


@cache
def _own_keys() -> frozenset[str]:
    return frozenset({*default_family().config.FIELDS, "extends", "budgets", ARCHITECTURE, "published_parameters"})


def reason_to_pass_over(document: Document) -> str | None:
    """Why a file of a searched folder is no model config; None where it is one, right or wrong.

    Ours is what states a field, ``extends``, ``budgets`` or ``architecture`` at its top level, and what mostly states
    misspelt ones; another program's config if it states an architecture that ours can be. What cannot be parsed is
    one if its text names a field or states ``extends``: otherwise a broken config would be passed over. A pointer of
    Git LFS stands for nobody knows what, and must not pass for something that was checked.
    """
    if document.translation is not None:
        if document.translation.is_family or _misspells_the_family(document) or _says_it_twice(document):
            return None
        if not {"extends", "budgets"}.isdisjoint(dict(re.findall(_KEYS, document.text))):
            return None
        is_nobodys = document.translation.dialect not in _DIALECTS and not document.translation.is_known_stranger
        return None if is_nobodys and _is_nearly_ours(document) else _first_words(document)
    if document.entries.keys() == {SEARCH}:
        return "a space for `search`, and no config"
    if document.entries:
        if not _own_keys().isdisjoint(document.entries):
            return "`extends` of another program's settings" if _is_another_programs(document) else None
        if not _own_keys().isdisjoint(key.strip(_UNSEEN) for key in document.entries):
            return None
        return None if _is_nearly_ours(document) else "no field of a model at its top level"
    # Only for what cannot be read.
    from w2v_explore.config.evidence import raw_text
    from w2v_explore.config.text.no_yaml import is_lfs_pointer

    text = raw_text(document)
    if _speaks_of_ours(text) or any(map(_is_preset, re.findall(_EXTENDED, text))):
        return None
    if is_lfs_pointer(document.text):
        return None
    if not document.text.strip() and not document.source.content.strip():
        return "empty"
    return f"{_first_words(document)}; names no field of a model"


def _first_words(document: Document) -> str:
    """The first problem in short."""
    if not document.problems:
        return "no model config"
    return re.split(r"[;:] ", document.problems[0].message, maxsplit=1)[0]


def _speaks_of_ours(text: str) -> bool:
    """Whether a text that may be no YAML names a field or a model of the kind, or begins with what our configs state.

    An ``extends`` further in is a Compose file's, or GitLab's.
    """
    # Only for what states no field.
    from w2v_explore.config.evidence import names_a_model

    return names_a_model(text) or re.search(_BEGINNING, text) is not None


def _is_another_programs(document: Document) -> bool:
    """Whether an ``extends``, the one key of ours in a file, is that of another program's settings."""
    entries, source = document.entries, document.source
    if "extends" not in entries or not _own_keys().isdisjoint(entries.keys() - {"extends"}):
        return False
    value = entries["extends"].value
    if isinstance(value, yaml.MappingNode):
        return any(isinstance(key, yaml.ScalarNode) and key.value in _PIPELINES_KEYS for key, _ in value.value)
    names = list(_texts(value))
    if any(map(_is_preset, names)):
        return False
    if not entries.keys().isdisjoint(_LINTERS_KEYS) or any(re.match(_PACKAGE, name) for name in names):
        return True
    is_hidden = os.path.basename(source.name).startswith(".")
    return is_hidden and not any(name and os.path.isfile(os.path.join(source.folder, name)) for name in names)


def _texts(node: yaml.Node) -> Iterator[str]:
    """The texts in a value, those of the lists in it too."""
    waiting = [node]
    for node in waiting:  # grows on the way
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.ScalarNode):
            yield node.value


def _is_preset(text: str) -> bool:
    return text.removesuffix(".yaml") in preset_names()


def _is_nearly_ours(document: Document) -> bool:
    """Whether a mapping without a key of ours was most likely meant to be a config."""
    values = dict(re.findall(_KEYS, document.text))
    for key, entry in document.entries.items():
        values.setdefault(key, entry.value.value if isinstance(entry.value, yaml.ScalarNode) else "")
    return _is_misspelt(values, family_of(document)) or _states_ours(document.text)


def _is_misspelt(values: dict[str, str], family: Family) -> bool:
    """Whether a mapping starts from a config under a misspelt ``extends``, or most of its keys are near to fields."""
    # Only for what nothing else recognises.
    from difflib import get_close_matches

    keys = [key for key in values if key not in METADATA][:_MAX_KEYS]
    for key in keys:
        if get_close_matches(key.lower(), ["extends"], n=1, cutoff=_CLOSE_TO_EXTENDS):
            value = values[key].strip("\"'")
            if _is_preset(value) or (value.endswith((".yaml", ".yml")) and "://" not in value):
                return True
    names = [_field_like(key) for key in keys if len(key) <= 60]
    fields = family.config.FIELDS
    if any(get_close_matches(name, fields.keys() - SHARED_NAMES, n=1, cutoff=_A_LETTER_AWAY) for name in names):
        return True
    close = sum(bool(get_close_matches(name, fields, n=1, cutoff=_CLOSE)) for name in names)
    return 2 * close >= len(keys) > 0


def _field_like(key: str) -> str:
    """A key in the case of our fields: ``EncoderNumLayers`` and ``encoder-num-layers`` are written like one."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).replace("-", "_").replace(" ", "_").lower()


def _states_ours(text: str) -> bool:
    """Whether a readable text states ``architecture``, or several fields further in, where they reach no model."""
    distinct = default_family().config.FIELDS.keys() - SHARED_NAMES
    fields = set(re.findall(rf"""\b({"|".join(sorted(distinct))})["']?[ \t]*:""", text))
    # A service of Compose is called base as well: this alone is not enough.
    fields |= {"extends"} if any(map(_is_preset, re.findall(_EXTENDED, text))) else set()
    return (
        len(fields) > 1
        or re.search(_FAIRSEQ_NAME % "|".join(names_in("fairseq")), text) is not None
        or re.search(r"""^[{"']*architecture["']?[ \t]*:""", text, re.MULTILINE) is not None
    )


def _says_it_twice(document: Document) -> bool:
    """Whether a key is given twice in what may be of ours: which of the two holds is not plain."""
    is_twice = any(problem.rule is codes.DUPLICATE_KEY for problem in document.problems)
    return is_twice and _speaks_of_ours(document.text)


def _misspells_the_family(document: Document) -> bool:
    """Whether what says which model it is is a misspelt name of one that can be read, or no name at all."""
    from difflib import get_close_matches

    from w2v_explore.config.dialects.fairseq_words import FAIRSEQ_REFUSED
    from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE_REFUSED
    from w2v_explore.config.dialects.programs import fairseq_groups

    assert document.translation is not None
    for account in document.translation.accounts:
        name = account.theirs.rpartition(".")[2]
        if account.status != "refused":
            continue
        if name == "defaults":
            # Only below the folders that fairseq has: any program may have a model of a like name.
            groups = [group for group in _texts_of(account.value) if "/" in group]
            if any(get_close_matches(group, fairseq_groups(), n=1, cutoff=_CLOSE_FAMILY) for group in groups):
                return True
            continue
        if not isinstance(account.value, str) or "${" in account.value:
            # What else it states tells, as in a text that cannot be parsed.
            if name in ("model_type", "_name", "arch") and _speaks_of_ours(document.text):
                return True
            continue
        known, refused = {
            "model_type": (names_in("huggingface"), HUGGINGFACE_REFUSED),
            "_name": (names_in("fairseq"), FAIRSEQ_REFUSED),
            "arch": (names_in("fairseq"), FAIRSEQ_REFUSED),
        }.get(name, ((), {}))
        value = account.value.lower()
        close = get_close_matches(value, [*known, *refused], n=1, cutoff=_CLOSE_FAMILY)
        if account.value not in refused and close:
            return close[0] in known
    return False


def _texts_of(value: object) -> Iterator[str]:
    """The texts in Hydra's list of defaults: its entries, and what is chosen for each group."""
    for item in value if isinstance(value, list) else [value]:
        yield from filter(_is_text, item.values() if isinstance(item, dict) else [item])


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)
