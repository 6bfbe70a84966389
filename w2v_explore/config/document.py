"""A parsed config file: its top-level keys with the place of each, and the plain values that they hold."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import yaml
from yaml.constructor import SafeConstructor

from w2v_explore.config import codes
from w2v_explore.config.family import default_family
from w2v_explore.config.text.limits import TAG, RejectedError
from w2v_explore.config.text.nodes import (
    MAX_REMEMBERED_LENGTH,
    MAX_VALUE_ITEMS,
    OVERRIDE,
    compose,
    decode,
    place_of,
    shape,
)
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Place, Problem, shorten

FIELDS = default_family().config.FIELDS

if TYPE_CHECKING:
    from w2v_explore.config.dialects.ledger import Translation

OWN_DIALECT = "w2v"
ONE_FIELD = "one field of the config can be set here; to start from another config, name that one"
# The seven convolutions of the published models take a quarter of it.
_MAX_SHOWN_OVERRIDE = 400
# The two fields that fairseq calls the same say nothing about whose config it is.
SHARED_NAMES = frozenset({"encoder_embed_dim", "extractor_mode"})
_OWN_KEYS = FIELDS.keys() - SHARED_NAMES | {"extends"}
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


class Document(NamedTuple):
    """A parsed source.

    Attributes:
        source: Where it came from.
        entries: The top-level keys in their order; empty where the source could not be parsed. Of another program's
            config, our 16 fields, and the sample rate where it states that.
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
    translation: "Translation | None" = None
    missing: Mapping[str, Problem] = MappingProxyType({})
    warnings: tuple[Problem, ...] = ()


def parse_document(source: Source, dialect: str | None = None) -> Document:
    """The top-level mapping of a source; whatever is wrong with its YAML is in `Document.problems`.

    Where a link leads to a file that shows nothing of a model, that is all that is said of it.

    Args:
        source: YAML or JSON, ours or another program's.
        dialect: One of `w2v_explore.config.dialects.table.DIALECT_NAMES`; recognised by its content by default.
    """
    document = _parse(source, dialect)
    if source.path is None or not FIELDS.keys().isdisjoint(document.entries):
        return document
    # Imported only where a file states none of our fields.
    from w2v_explore.config.evidence import is_behind_a_link, shows_a_model

    if not is_behind_a_link(document) or shows_a_model(document):
        return document
    from w2v_explore.config.dialects.translate import refuse

    return refuse(document._replace(text=""), "this link leads to no config of a model; name the file that is meant")


def _parse(source: Source, dialect: str | None) -> Document:
    text = ""
    try:
        text = decode(source)
        root, problems = compose(source.name, text, source.suffix)
    except RejectedError as rejected:
        return Document(source, {}, Place(source.name), (rejected.problem,), text)
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode):
            entries[key.value] = Entry(source.name, key, value)
        else:
            message = f"a key is {shape(key)}; write a field's name"
            problems.append(
                Problem(rule=codes.UNKNOWN_KEY, place=place_of(source.name, key), key=None, message=message)
            )
    start = Place(source.name, root.start_mark.line + 1, root.start_mark.column + 1)
    document = Document(source, entries, start, tuple(problems), text)
    if dialect == OWN_DIALECT or (dialect is None and _is_our_own(document)):
        return document
    # Imported only where another program's config is read.
    from w2v_explore.config.dialects.translate import translate

    return translate(document, root, dialect)


def _is_our_own(document: Document) -> bool:
    """Whether a mapping is plainly a config of ours; JSON of our fields is the arguments of torchaudio's function."""
    if _OWN_KEYS.isdisjoint(document.entries) or document.text.startswith("{"):
        return False
    if "model_type" in document.entries and "extends" not in document.entries:
        return False
    # Of a config of ours these are mistakes; in bulk they are another program's language.
    return not any(problem.rule is codes.EXPLICIT_TAG for problem in document.problems)


def parse_override(text: str) -> Document:
    """The one entry of a ``--set field=value``; the value is read as YAML."""
    field, equals, value = text.partition("=")
    name = f"{OVERRIDE}{shorten(text, _MAX_SHOWN_OVERRIDE)}"
    source = Source(name, b"")
    if not (equals and field.strip()):
        problem = Problem(
            rule=codes.YAML_SYNTAX,
            place=Place(name),
            key=None,
            message="write --set field=value, as encoder_num_layers=6",
        )
        return Document(source, {}, Place(name), (problem,))
    # What is no UTF-8 is no more after this, and the reader says so.
    content = f"{field}: {value}".encode("utf-8", "surrogatepass")
    document = parse_document(Source(name, content), OWN_DIALECT)
    if field.strip() == "extends" or len(document.entries) > 1:
        problem = Problem(rule=codes.UNKNOWN_KEY, place=Place(name), key=None, message=ONE_FIELD)
        return document._replace(entries={}, problems=(problem,))
    return document


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
