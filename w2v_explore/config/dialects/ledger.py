"""What becomes of each field of another program's config while it is read."""

from collections.abc import Container, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Literal, NamedTuple

import yaml
from yaml.error import Mark

from w2v_explore.config import codes
from w2v_explore.config.dialects.table import DIALECTS, Counterpart, Dialect
from w2v_explore.config.document import Document, Entry, plain_value
from w2v_explore.config.nodes import MAX_KEYS_CHECKED, TAG, place_of
from w2v_explore.config.schema import FIELDS
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Problem, Rule

KIND = "which model it is"
"""What is ignored once it has been looked at: it says that the rest can be read."""

Status = Literal["mapped", "defaulted", "ignored", "refused"]


class Account(NamedTuple):
    """What became of one field.

    Attributes:
        status: ``mapped`` to a field of ours; ``defaulted``, since the file does not state it; ``ignored``, since it
            has no effect on the architecture; ``refused``, since it has one that our fields cannot say.
        theirs: Its path in the file, ``model.encoder_layers``.
        field: Ours; None where there is none.
        value: What it holds, as plain data of ours where it is mapped or defaulted.
        note: Why, or whose default.
    """

    status: Status
    theirs: str
    field: str | None
    value: object
    note: str = ""


class Translation(NamedTuple):
    """How another program's config was read.

    Attributes:
        dialect: Whose config it is, a key of `DIALECTS`, ``torchaudio``, or ``unknown`` for what is no config.
        accounts: What became of each field, in the order of the file; defaults last.
        warnings: What stands beside the architecture and is not read.
        is_family: Whether it states an architecture that ours can be, right or wrong.
    """

    dialect: str
    accounts: tuple[Account, ...] = ()
    warnings: tuple[Problem, ...] = ()
    is_family: bool = True


class Section(NamedTuple):
    """A mapping inside a config.

    Attributes:
        prefix: The path to it, ``model.``; empty for the file's own level.
        start: Where it begins.
        pairs: Its keys and values by name.
    """

    prefix: str
    start: Mark
    pairs: Mapping[str, tuple[yaml.ScalarNode, yaml.Node]]

    @classmethod
    def of(cls, node: yaml.MappingNode, prefix: str = "") -> "Section":
        """The section that a node is."""
        pairs = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        return cls(prefix, node.start_mark, pairs)

    def inner(self, name: str) -> "Section | None":
        """The section below a key; None where there is none."""
        node = self.pairs[name][1] if name in self.pairs else None
        return Section.of(node, f"{self.prefix}{name}.") if isinstance(node, yaml.MappingNode) else None

    def value(self, name: str) -> object:
        """The plain value of a key; None where it is absent."""
        return plain_value(self.pairs[name][1]) if name in self.pairs else None


class Ledger:
    """Collects what reading another program's config comes to."""

    def __init__(self, document: Document, name: str) -> None:
        self.document, self._name = document, name
        self.is_family = True
        self._entries: dict[str, Entry] = {}
        self._accounts: list[Account] = []
        self._problems: list[Problem] = list(document.problems)
        self._warnings: list[Problem] = []

    @property
    def dialect(self) -> Dialect:
        """Whose config it is."""
        return DIALECTS[self._name]

    def close(self) -> Document:
        """The document as ours: the 16 fields at the places of theirs, defaults first."""
        stated = sorted(
            (field for field in self._entries if self._entries[field].stated),
            key=lambda field: _position(self._entries[field]),
        )
        defaults = [field for field in FIELDS if field in self._entries and field not in stated]
        accounts = sorted(self._accounts, key=lambda account: account.status == "defaulted")
        return self.document._replace(
            entries={field: self._entries[field] for field in (*defaults, *stated)},
            problems=tuple(self._problems),
            translation=Translation(self._name, tuple(accounts), tuple(self._warnings), self.is_family),
        )

    def enter(self, field: str, section: Section, names: tuple[str, ...], node: yaml.Node, note: str = "") -> None:
        """Map a field that the file states."""
        key = section.pairs[names[0]][0] if names[0] in section.pairs else node
        self._entries[field] = Entry(self.document.source.name, key, node, names)
        theirs = ", ".join(f"{section.prefix}{name}" for name in names)
        self._accounts.append(Account("mapped", theirs, field, plain_value(node), note))

    def enter_default(self, field: str, section: Section, names: tuple[str, ...], value: Any, whose: str) -> None:
        """Take a default for a field that the file does not state."""
        node = scalar(value, section.start, section.start)
        self._entries[field] = Entry(self.document.source.name, node, node, names or (field,), stated=False)
        theirs = ", ".join(f"{section.prefix}{name}" for name in names)
        self._accounts.append(Account("defaulted", theirs, field, value, whose))

    def ignore(self, section: Section, name: str, note: str) -> None:
        """Pass over a field without effect on the architecture."""
        self._accounts.append(Account("ignored", f"{section.prefix}{name}", None, section.value(name), note))

    def refuse(self, section: Section, name: str, message: str, rule: Rule = codes.FOREIGN_REFUSED) -> None:
        """Refuse what our fields cannot say, at its place."""
        self._accounts.append(Account("refused", f"{section.prefix}{name}", None, section.value(name), message))
        self.complain(section.pairs[name][1], name, message, rule)

    def complain(self, node: yaml.Node, name: str | None, message: str, rule: Rule) -> None:
        """Note a problem at a place."""
        place = place_of(self.document.source.name, node)
        self._problems.append(Problem(rule=rule, place=place, key=name, message=message))

    def complain_of_file(self, message: str, rule: Rule) -> None:
        """Note a problem with the whole of it."""
        self.is_family = False
        self._problems.append(Problem(rule=rule, place=self.document.start, key=None, message=message))

    def warn(self, section: Section, name: str, message: str, rule: Rule = codes.FOREIGN_HEAD) -> None:
        """Warn of what stands beside the architecture."""
        place = place_of(self.document.source.name, section.pairs[name][1])
        self._warnings.append(Problem(rule=rule, place=place, key=name, message=message))

    def field_value(self, field: str) -> object:
        """The plain value of one of our fields; None where none was entered."""
        return plain_value(self._entries[field].value) if field in self._entries else None

    @property
    def fields(self) -> Container[str]:
        """Those of ours that were entered."""
        return self._entries.keys()

    def read_field(self, field: str, counterpart: Counterpart, section: Section, whose: str) -> None:
        """Map a field that has one counterpart, or take its default."""
        [name] = counterpart.names
        default = counterpart.words.get(counterpart.default, counterpart.default)
        if name not in section.pairs:
            self.enter_default(field, section, (name,), default, whose)
            return
        _, node = section.pairs[name]
        if counterpart.words:
            value = plain_value(node)
            word = counterpart.words.get(value) if isinstance(value, str) else None
            if word is None:
                message = f"{name} is {describe(value)}; write {' or '.join(counterpart.words)}"
                self.complain(node, name, message, codes.EXTRACTOR_MODE)
                return
            node = yaml.ScalarNode(f"{TAG}str", word, node.start_mark, node.end_mark, style='"')
        self.enter(field, section, (name,), node)

    def account_for_rest(self, section: Section, known: set[str]) -> None:
        """Judge every key of a section that is no counterpart: refused, warned of, ignored, or unknown."""
        for number, name in enumerate(section.pairs):
            if name in known:
                continue
            refused, warned = self.dialect.refused.get(name), self.dialect.warned.get(name)
            group = ignored_group(self._name, name)
            if name == "<<":
                message = "a merge key is not read here; write out what it stands for"
                self.complain(section.pairs[name][0], name, message, codes.UNKNOWN_KEY)
            elif refused is not None:
                self._guard(section, name, refused.harmless, refused.reason)
            elif warned is not None:
                if section.value(name) not in warned.harmless:
                    self.warn(section, name, f"{name}: {warned.reason}")
                self.ignore(section, name, "beside the architecture")
            elif group is not None:
                self.ignore(section, name, group)
            else:
                self.ignore(section, name, "unknown")
                if number < MAX_KEYS_CHECKED:
                    message = f"{_shorten(name)} is no field of {self.dialect.title} that is known here; it is ignored"
                    self.warn(section, name, message, codes.FOREIGN_UNKNOWN)

    def _guard(self, section: Section, name: str, harmless: tuple[Any, ...], reason: str) -> None:
        value = section.value(name)
        if value in harmless:
            self.ignore(section, name, "as the architecture here has it")
            return
        allowed = " or ".join(_word(value) for value in harmless)
        self.refuse(section, name, f"{name} is {describe(value)}, and only {allowed} can be read: {reason}")


@cache
def ignored_group(dialect: str, name: str) -> str | None:
    """What an ignored field of a dialect is about; None for one that is not known."""
    for group, patterns in DIALECTS[dialect].ignored.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return group
    return None


def scalar(value: Any, start: Mark, end: Mark) -> yaml.ScalarNode:
    """The node of a plain value, at a place of our choosing."""
    match value:
        case None:
            tag, text = "null", "null"
        case bool():
            tag, text = "bool", str(value).lower()
        case int():
            tag, text = "int", str(value)
        case float():
            tag, text = "float", repr(value)
        case _:
            tag, text = "str", value
    return yaml.ScalarNode(f"{TAG}{tag}", text, start, end)


def conv_node(layers: Sequence[tuple[yaml.Node, ...]], start: Mark, end: Mark) -> yaml.SequenceNode:
    """The list of conv layers that nodes of channels, kernels and strides make up."""
    items = [
        yaml.SequenceNode(f"{TAG}seq", list(layer), layer[0].start_mark, layer[0].end_mark, flow_style=True)
        for layer in layers
    ]
    return yaml.SequenceNode(f"{TAG}seq", items, start, end, flow_style=True)


def _position(entry: Entry) -> tuple[int, int]:
    return entry.value.start_mark.line, entry.value.start_mark.column


def _word(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case "":
            return "''"
        case dict():
            return "{}"
    return str(value)


def _shorten(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"
