"""`Document`: a parsed config, with the place and the plain value of each key, and how another program's was read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import yaml
from yaml.constructor import SafeConstructor

from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, FAMILIES, Family, default_family, family_named
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.text.nodes import MAX_REMEMBERED_LENGTH, MAX_VALUE_ITEMS, OVERRIDES, place_of, shape
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Place, Problem

OWN_DIALECT = "w2v"
KIND = "which model it is"
"""What is noted of a field of another program that names the model: it is ignored once it has been looked at."""
# The two fields that fairseq calls the same say nothing about whose config it is.
SHARED_NAMES = frozenset({"encoder_embed_dim", "extractor_mode"})
_CONSTRUCTOR = SafeConstructor()
# How deep into a value is ever looked: the deepest is a list of lists.
_MAX_VALUE_DEPTH = 3
# Past any use, and short of what Python refuses to print or to make a float.
_MAX_WHOLE_NUMBER = 10**300
# Base 60 (1:30:00) takes time with the square of its length.
_MAX_BASE_60_LENGTH = 1_000


class Entry(NamedTuple):
    """A key of the top-level mapping, its value, and the document they stand in.

    Attributes:
        path: What messages call the document.
        key: The key as it stands there.
        value: Its value.
        names: What another program's config calls the field; empty in our own.
        stated: Whether the document says so; False for another program's default.
    """

    path: str
    key: yaml.Node
    value: yaml.Node
    names: tuple[str, ...] = ()
    stated: bool = True

    def name(self, item: Sequence[int | str] = ()) -> str:
        """What its document calls the field, or what ``item`` leads to in it."""
        if len(self.names) > 1 and len(item) > 1:
            # One list for each part of a layer.
            return f"{self.names[int(item[1])]}[{item[0]}]"
        return (self.names[0] if self.names else str(self.key.value)) + "".join(f"[{part}]" for part in item)

    @property
    def is_override(self) -> bool:
        """Whether an override states it, and no file."""
        return self.path.startswith(OVERRIDES)

    @property
    def key_place(self) -> Place:
        """Where the key stands."""
        return place_of(self.path, self.key)

    def value_place(self, *item: int | str) -> Place:
        """Where the value stands, or what ``item``, numbers in lists and keys in mappings, leads to in it."""
        node = self.value
        for part in item:
            if isinstance(part, int) and isinstance(node, yaml.SequenceNode) and part < len(node.value):
                node = node.value[part]
            elif isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), node)
        return place_of(self.path, node)


Status = Literal["mapped", "defaulted", "ignored", "unread", "refused"]


class Account(NamedTuple):
    """What became of one field.

    Attributes:
        status: ``mapped`` to a field of ours; ``defaulted``, since the file does not state it; ``ignored``, since it
            has no effect on the architecture; ``unread``, since it is not known and may have one; ``refused``, since it
            has one that our fields cannot say.
        theirs: Its path in the file, ``model.encoder_layers``.
        field: Ours; None where there is none.
        value: What it holds, as plain data of ours where it is mapped or defaulted.
        note: Why, or whose default.
        place: Where it stands, of what is ignored: rules about training look at it.
    """

    status: Status
    theirs: str
    field: str | None
    value: object
    note: str = ""
    place: Place | None = None


class Translation(NamedTuple):
    """How another program's config was read.

    Attributes:
        dialect: Whose config it is, a key of `DIALECTS`, ``torchaudio``, or ``unknown`` for what is no config.
        accounts: What became of each field, in the order of the file; defaults last.
        warnings: What stands beside the architecture and is not read.
        unread: A problem for each field that is not known, and may change the architecture.
        label_rate: The labels per second that it is trained with; None where it does not say.
        other_rates: Samples per second that are stated too, beside those that are taken.
        open_head: What to say of a head that the model has, where its size is not given; None where it has none.
        is_family: Whether it states an architecture that ours can be, right or wrong.
        is_known_stranger: Whether it is of a kind that is known to be no config of a model.
        is_part: Whether it is that of a model inside another, whose weights are not those of ours alone.
        family: The family of the architecture.
    """

    dialect: str
    accounts: tuple[Account, ...] = ()
    warnings: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()
    label_rate: Entry | None = None
    other_rates: tuple[Entry, ...] = ()
    open_head: Problem | None = None
    is_family: bool = True
    is_known_stranger: bool = False
    is_part: bool = False
    family: str = DEFAULT_FAMILY

    @property
    def called(self) -> str | None:
        """What the config calls its model: ``hubert``; None where it does not say."""
        words = (account.value for account in self.accounts if account.note == KIND)
        return next((word for word in words if isinstance(word, str)), None)


class Document(NamedTuple):
    """A parsed source.

    Attributes:
        source: Where it came from.
        entries: The top-level keys in their order; empty where the source could not be parsed. Of another program's
            config, the fields of ours, and the sample rate where it states that.
        start: Where the mapping begins, for what is missing from it.
        problems: What is wrong with the YAML itself, or keeps another program's config from being read as ours.
        text: The decoded source; empty where it cannot be decoded.
        translation: How another program's config was read; None for our own.
        missing: By field, the problem that it is missing, where the document can word it better than any other.
        warnings: Of a checkpoint, what is not counted.
    """

    source: Source
    entries: dict[str, Entry]
    start: Place
    problems: tuple[Problem, ...]
    text: str = ""
    translation: Translation | None = None
    missing: Mapping[str, Problem] = MappingProxyType({})
    warnings: tuple[Problem, ...] = ()


def stated_family(entries: Mapping[str, Entry]) -> Family | None:
    """The family that the entries of a document name; None where they name none that there is."""
    entry = entries.get(ARCHITECTURE)
    name = entry.value.value if entry is not None and isinstance(entry.value, yaml.ScalarNode) else None
    return family_named(name) if name in FAMILIES else None


def family_of(document: Document) -> Family:
    """The family that a document names by itself, or that of documents which name none."""
    return stated_family(document.entries) or default_family()


def states_fields(document: Document) -> bool:
    """Whether a document states a field of the family that it names."""
    return not family_of(document).config.FIELDS.keys().isdisjoint(document.entries)


def plain_value(node: yaml.Node) -> object:
    """As `exact_value`, but whole numbers end at 10^300 either way: each can be printed, and made a float."""
    return _bounded(exact_value(node))


def _bounded(value: object) -> object:
    match value:
        case int() if not -_MAX_WHOLE_NUMBER <= value <= _MAX_WHOLE_NUMBER:
            return _MAX_WHOLE_NUMBER if value > 0 else -_MAX_WHOLE_NUMBER
        case list():
            return [_bounded(item) for item in value]
        case dict():
            return {key: _bounded(item) for key, item in value.items()}
    return value


def exact_value(node: yaml.Node) -> object:
    """What PyYAML's safe loader makes of a value: None, bool, int, float, str, or lists and dicts of these.

    What has no such value (dates, binary, numbers too long to convert, anything past the limits) comes back as its
    text, or as an empty dict where it is nested too deep, so that a type check reports it. A whole number may be larger
    than Python prints; what is not held against limits at once takes `plain_value`.
    """
    if isinstance(node, yaml.ScalarNode):
        text: str = node.value
        return _value(node.tag, text) if len(text) <= MAX_REMEMBERED_LENGTH else _value.__wrapped__(node.tag, text)
    budget = iter(range(MAX_VALUE_ITEMS))
    return _plain(node, _MAX_VALUE_DEPTH, budget)


def _plain(node: yaml.Node, depth: int, budget: Iterator[int]) -> object:
    if isinstance(node, yaml.ScalarNode):
        return exact_value(node)
    if depth == 0 or next(budget, None) is None:
        return {}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, depth - 1, budget) for item in node.value]
    return {_key_text(key): _plain(value, depth - 1, budget) for key, value in node.value}


def _key_text(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else shape(key)


@lru_cache(maxsize=4096)
def _value(tag: str, text: str) -> object:
    """The value of a scalar; short ones are remembered, since configs say the same things again and again."""
    node = yaml.ScalarNode(tag, text)
    if ":" in text and len(text) > _MAX_BASE_60_LENGTH:
        return text
    try:
        match tag.removeprefix(TAG):
            case "null":
                return None
            case "bool":
                return _CONSTRUCTOR.construct_yaml_bool(node)
            case "int":
                return _CONSTRUCTOR.construct_yaml_int(node)
            case "float":
                return _CONSTRUCTOR.construct_yaml_float(node)
    except (ValueError, KeyError, IndexError, OverflowError):
        # `!!int abc`, `!!bool maybe`, or more digits than Python converts.
        return text
    return text
