"""Names that no config of a family has: what each was most likely meant as. Imported only where there is one."""

from collections.abc import Container, Iterator

from w2v_explore.config import codes
from w2v_explore.config.entries import Document, Entry
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, Family, other_families
from w2v_explore.config.foreign_names import foreign_names
from w2v_explore.config.metadata import METADATA
from w2v_explore.config.suggest import did_you_mean, is_misspelt, nearest
from w2v_explore.config.text.nodes import MAX_KEYS_CHECKED
from w2v_explore.diagnostics import Problem, shorten

_MAX_GUESSES = 100
_NO_FIELD = "{} is no field of a config; "
_NAME_FAMILY = f"write `{ARCHITECTURE}: {{}}`"


def misspells_architecture(document: Document, known: Container[str]) -> bool:
    """Whether a file, which no override is, most likely names its family under a misspelt key."""
    if ARCHITECTURE in document.entries:
        return False
    unknown = [key for key, entry in document.entries.items() if key not in known and not entry.is_override]
    return any(is_misspelt(key, (ARCHITECTURE,)) for key in unknown[:_MAX_GUESSES])


def unknown_keys(document: Document, family: Family, known: Container[str]) -> Iterator[Problem]:
    """A problem for each key of a document that is not known, but for the last of very many."""
    taken = set(document.entries)
    unknown = [(key, entry) for key, entry in document.entries.items() if key not in known]
    for number, (key, entry) in enumerate(unknown[:MAX_KEYS_CHECKED]):
        naming = _naming(document, entry)
        guess, instead = (
            meaning_of(key, family, naming) if number < _MAX_GUESSES else (None, f"{_NO_FIELD}{_remove(family)}")
        )
        # Renaming it must not state a field twice.
        fix = guess if guess not in taken else None
        taken.add(guess or key)
        message = instead.replace("{}", shorten(key), 1)
        yield Problem(rule=codes.UNKNOWN_KEY, place=entry.key_place, key=key, message=message, fix=fix)


def _naming(document: Document, entry: Entry) -> str:
    """What to write where an entry stands so that the config is of another family, whose name is for ``{}``."""
    if entry.is_override:
        return "name a config of {}"
    return "extend a config of {}" if "extends" in document.entries else _NAME_FAMILY


def meaning_of(key: str, family: Family, naming: str = _NAME_FAMILY) -> tuple[str | None, str]:
    """The field that an unknown key stands for, if it is plain which, and the message about the key, with ``{}``."""
    if key == "<<":
        return None, "a merge key is not read here; write `extends:` and the name of the config to start from"
    owner = next((other for other in other_families(family) if key in other.config.FIELDS), None)
    if owner is not None:
        is_its = f"{{}} is a field of {owner.name}, and this config is of {family.name}"
        return None, f"{is_its}; {naming.format(owner.name)}, or {_remove(family)}"
    foreign = foreign_names(family.name).get(key)
    if foreign is not None:
        of_what = "write" if foreign.is_whole else "what it says is a part of"
        return (foreign.field if foreign.is_whole else None), f"{{}} is {foreign.whose} name; {of_what} {foreign.field}"
    guesses = nearest(key, (*family.config.FIELDS, *METADATA))
    if not guesses:
        return None, f"{_NO_FIELD}{_remove(family)}"
    message = f"{_NO_FIELD}{did_you_mean(guesses, _remove(family))}"
    return guesses[0] if len(guesses) == 1 else None, message


def instead_of_field(name: str, family: Family) -> str:
    """What to say of a name, which callers give for one of a field, that no field of a family has."""
    if name in METADATA:
        return f"{name} is no field of the model but a key about the file; give a field of the model"
    owner = next((other for other in other_families(family) if name in other.config.FIELDS), None)
    if owner is not None:
        return f"{name} is a field of {owner.name}, and this config is of {family.name}"
    foreign = foreign_names(family.name).get(name)
    if foreign is not None:
        return f"{name} is {foreign.whose} name; write {foreign.field}"
    guesses = nearest(name, family.config.FIELDS)
    otherwise = f"`w2v-explore explain --{ARCHITECTURE} {family.name}` lists the fields"
    return f"there is no field {shorten(name) or repr(name)}; {did_you_mean(guesses, otherwise)}"


def _remove(family: Family) -> str:
    """What to do with a key that stands for no field of a family."""
    option = f" --{ARCHITECTURE} {family.name}" if family.name != DEFAULT_FAMILY else ""
    return f"remove it (`w2v-explore explain{option}` lists the fields)"
