"""From bytes to plain data with the place of every key and value. All limits on hostile input live here.

PyYAML composes the nodes. Before it may, the text is decoded, searched for characters that YAML forbids, and its
nesting is bounded: libyaml composes recursively and overruns the C stack on deeply nested input.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import Reader
from yaml.resolver import Resolver

from w2v_explore.config import codes
from w2v_explore.config.source import MAX_BYTES, Source
from w2v_explore.diagnostics import Place, Problem, Rule

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, with its per-node Python work cut short: that takes most of a small file's time."""

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """There are no path resolvers to descend through."""

    def ascend_resolver(self) -> None:
        """Nor to come back from."""

    @staticmethod
    @lru_cache(maxsize=4096)
    def resolve(kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node; it depends on nothing but these, and configs say the same things again and again."""
        return _RESOLVER.resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


_CONSTRUCTOR = SafeConstructor()
_RESOLVER = Resolver()

MAX_DEPTH = 64
# How much of one value is ever looked at: the deepest is a list of lists, the longest the conv layers.
_MAX_VALUE_DEPTH = 3
_MAX_VALUE_ITEMS = 20_000

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; a config needs three"
_BOMS = (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))
_TAG = "tag:yaml.org,2002:"
_SHORT = 64
_CORE_TAGS = frozenset(
    f"{_TAG}{name}"
    for name in (
        "null", "bool", "int", "float", "str", "seq", "map", "merge", "value",
        "timestamp", "binary", "set", "omap", "pairs",
    )
)  # fmt: skip
_OVERRIDE = "--set "


class Entry(NamedTuple):
    """A key of the top-level mapping, its value, and the document they stand in."""

    path: str
    key: yaml.Node
    value: yaml.Node

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
        entries: The top-level keys in their order; empty where the source could not be parsed.
        start: Where the mapping begins, for what is missing from it.
        problems: What is wrong with the YAML itself.
        text: The decoded source; empty where it cannot be decoded.
    """

    source: Source
    entries: dict[str, Entry]
    start: Place
    problems: tuple[Problem, ...]
    text: str = ""


class _RejectedError(Exception):
    """The source is no YAML mapping that can be read; carries the problem."""

    def __init__(self, rule: Rule, place: Place, message: str) -> None:
        self.problem = Problem(rule=rule, place=place, key=None, message=message)
        super().__init__(message)


def parse_document(source: Source) -> Document:
    """The top-level mapping of a source; whatever is wrong with its YAML is in `Document.problems`."""
    text = ""
    try:
        text = _decode(source)
        root = _compose(source.name, text)
        if "*" in text:
            _bound_aliases(source.name, root)
        problems = list(_structure_problems(source.name, root))
    except _RejectedError as rejected:
        return Document(source, {}, Place(source.name), (rejected.problem,), text)
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode):
            entries[key.value] = Entry(source.name, key, value)
        else:
            message = f"a key is {_shape(key)}; write a field's name"
            problems.append(
                Problem(rule=codes.UNKNOWN_KEY, place=place_of(source.name, key), key=None, message=message)
            )
    return Document(
        source, entries, place_of(source.name, root)._replace(end_line=None, end_column=None), tuple(problems), text
    )


def parse_override(text: str) -> Document:
    """The one entry of a ``--set field=value``; the value is read as YAML."""
    field, equals, value = text.partition("=")
    name = f"{_OVERRIDE}{text}"
    source = Source(name, b"")
    if not (equals and field.strip()):
        problem = Problem(
            rule=codes.YAML_SYNTAX,
            place=Place(name),
            key=None,
            message="write --set field=value, as encoder_num_layers=6",
        )
        return Document(source, {}, Place(name), (problem,))
    return parse_document(Source(name, f"{field}: {value}".encode()))


def place_of(path: str, node: yaml.Node) -> Place:
    """The place of a node, its end included; an override is its own place."""
    if path.startswith(_OVERRIDE):
        return Place(path)
    last = node
    # The end mark of a block collection overshoots to the next token: its last item's end is meant.
    for _ in range(MAX_DEPTH):
        if isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
            item = last.value[-1]
            last = item[1] if isinstance(item, tuple) else item
        else:
            break
    start, end = node.start_mark, last.end_mark
    return Place(path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def plain_value(node: yaml.Node) -> object:
    """What PyYAML's safe loader makes of a value: None, bool, int, float, str, or lists and dicts of these.

    What has no such value (dates, binary, numbers too long to convert, anything past the limits) comes back as its
    text, or as an empty dict where it is nested too deep, so that a type check reports it.
    """
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    budget = iter(range(_MAX_VALUE_ITEMS))
    return _plain(node, _MAX_VALUE_DEPTH, budget)


def _plain(node: yaml.Node, depth: int, budget: Iterator[int]) -> object:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if depth == 0 or next(budget, None) is None:
        return {}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, depth - 1, budget) for item in node.value]
    return {_key_text(key): _plain(value, depth - 1, budget) for key, value in node.value}


def _key_text(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else _shape(key)


def _scalar(node: yaml.ScalarNode) -> object:
    text: str = node.value
    return _value(node.tag, text) if len(text) <= _SHORT else _value.__wrapped__(node.tag, text)


@lru_cache(maxsize=4096)
def _value(tag: str, text: str) -> object:
    """The value of a scalar; short ones are remembered, since configs say the same things again and again."""
    node = yaml.ScalarNode(tag, text)
    try:
        match tag.removeprefix(_TAG):
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


def _shape(node: yaml.Node) -> str:
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _decode(source: Source) -> str:
    name, content = source.name, source.content
    if len(content) > MAX_BYTES:
        raise _RejectedError(
            codes.TOO_DEEP_OR_BIG, Place(name), f"larger than {MAX_BYTES // 1024} KiB: no config is that big"
        )
    encoding = next((encoding for encoding, bom in _BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="replace")
        raise _RejectedError(
            codes.ENCODING,
            _place_after(name, before),
            f"byte 0x{content[error.start]:02x} is no {encoding.removesuffix('-sig').upper()}; save the file as UTF-8",
        ) from error
    forbidden = Reader.NON_PRINTABLE.search(text)
    if forbidden:
        raise _RejectedError(
            codes.ENCODING,
            _place_after(name, text[: forbidden.start()]),
            f"character U+{ord(forbidden.group()):04X} is not allowed in YAML; remove it, and save the file as UTF-8",
        )
    return text


def encode(text: str, like: bytes) -> bytes:
    """The bytes of a text in the encoding, and with the byte order mark, that other bytes have."""
    encoding, bom = next(((encoding, bom) for encoding, bom in _BOMS if like.startswith(bom)), ("utf-8", b""))
    if encoding == "utf-16":
        return bom + text.encode("utf-16-le" if bom == b"\xff\xfe" else "utf-16-be")
    return bom + text.encode("utf-8")


def _place_after(name: str, before: str) -> Place:
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Place(name, line, column, line, column + 1)


def _compose(name: str, text: str) -> yaml.MappingNode:
    try:
        _bound_depth(name, text)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        place = _place_of_mark(name, error.problem_mark or error.context_mark)
        raise _RejectedError(codes.YAML_SYNTAX, place, _syntax_message(error)) from error
    except RecursionError as error:
        # Only PyYAML's pure Python loader, where libyaml is absent.
        raise _RejectedError(codes.TOO_DEEP_OR_BIG, Place(name), _TOO_DEEP) from error
    except (yaml.YAMLError, ValueError) as error:
        raise _RejectedError(codes.YAML_SYNTAX, Place(name), f"not readable as YAML: {error}") from error
    if root is None:
        raise _RejectedError(
            codes.NOT_A_MAPPING,
            Place(name),
            "the file is empty; write the 16 fields, or `extends: base` and what differs",
        )
    if not isinstance(root, yaml.MappingNode):
        found = _shape(root) if isinstance(root, yaml.SequenceNode) else "a single value"
        raise _RejectedError(
            codes.NOT_A_MAPPING,
            place_of(name, root),
            f"the file is {found}; write a mapping, `field: value` on each line",
        )
    return root


def _place_of_mark(name: str, mark: Any) -> Place:
    if mark is None:
        return Place(name)
    return Place(name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    if error.context and "single document" in error.context:
        return "a second document starts here; write one config per file"
    return " ".join(part for part in (error.context, error.problem) if part)


def _bound_depth(name: str, text: str) -> None:
    # Each level of nesting takes a bracket, a dash, a question mark or a new line, and at most two levels each take
    # the same one: a text with few of them needs no closer look.
    if 2 * sum(map(text.count, "[{-?\n")) < 1_000:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _RejectedError(codes.TOO_DEEP_OR_BIG, _place_of_mark(name, event.start_mark), _TOO_DEEP)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _bound_aliases(name: str, root: yaml.Node) -> None:
    """Refuse aliases that lead back to themselves, or expand to more than any value may hold."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        children = _children(node) if isinstance(node, yaml.CollectionNode) else []
        if id(node) not in open_nodes and id(node) not in sizes:
            open_nodes.add(id(node))
            waiting += [child for child in children if id(child) not in sizes]
            if any(id(child) in open_nodes for child in children):
                raise _RejectedError(codes.ALIAS_BOMB, place_of(name, node), "an alias leads back to what it stands in")
            continue
        waiting.pop()
        if id(node) in open_nodes:
            open_nodes.remove(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[id(node)] > _MAX_VALUE_ITEMS:
                message = (
                    f"with its aliases followed this holds more than {_MAX_VALUE_ITEMS} items; write out what is meant"
                )
                raise _RejectedError(codes.ALIAS_BOMB, place_of(name, node), message)


def _structure_problems(name: str, root: yaml.MappingNode) -> Iterator[Problem]:
    """Keys given twice, and tags that are not YAML's own, at any level."""
    if root.tag not in _CORE_TAGS:
        yield _foreign_tag(name, root)
    for node in _collections(name, root):
        if isinstance(node, yaml.MappingNode):
            yield from _duplicate_keys(name, node)
        for child in _children(node):
            if child.tag not in _CORE_TAGS:
                yield _foreign_tag(name, child)


def _collections(name: str, root: yaml.Node) -> Iterator[yaml.CollectionNode]:
    """Every list and mapping below a node, once each: an alias shares its node, and may lead back to itself."""
    seen: set[int] = set()
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, yaml.CollectionNode) and id(node) not in seen:
            if depth > MAX_DEPTH:
                raise _RejectedError(codes.TOO_DEEP_OR_BIG, _place_of_mark(name, node.start_mark), _TOO_DEEP)
            seen.add(id(node))
            yield node
            waiting.extend((child, depth + 1) for child in _children(node))


def _children(node: yaml.CollectionNode) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value)


def _duplicate_keys(name: str, node: yaml.MappingNode) -> Iterator[Problem]:
    first_lines: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in first_lines:
            message = f"{key.value} was given on line {first_lines[key.value]} already; keep one of the two"
            yield Problem(rule=codes.DUPLICATE_KEY, place=place_of(name, key), key=key.value, message=message)
        else:
            first_lines[key.value] = key.start_mark.line + 1


def _foreign_tag(name: str, node: yaml.Node) -> Problem:
    message = f"the tag {node.tag.replace(_TAG, '!!')} has no meaning in a config; write the plain value"
    return Problem(rule=codes.EXPLICIT_TAG, place=place_of(name, node), key=None, message=message)
