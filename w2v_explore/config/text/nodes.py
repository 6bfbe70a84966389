"""From bytes to YAML nodes with their places, within limits on hostile input.

PyYAML composes the nodes. Before it may, the text is decoded, searched for characters that YAML forbids, and its
nesting is bounded: libyaml composes recursively and overruns the C stack on deeply nested input.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml.reader import Reader
from yaml.resolver import Resolver

from w2v_explore.config import codes
from w2v_explore.config.text.limits import MAX_DEPTH, TAG, TOO_DEEP, RejectedError
from w2v_explore.config.text.source import MAX_BYTES, Source
from w2v_explore.diagnostics import Place, Problem

# What one value may hold with its aliases followed; the longest is a list of conv layers.
MAX_VALUE_ITEMS = 20_000
# A config has two dozen keys; of thousands that are wrong, these many are named.
MAX_KEYS_CHECKED = 1_000
# What is remembered from file to file is short: memory must not grow with what files hold.
MAX_REMEMBERED_LENGTH = 64
_SMALL_FILE = 4_096
# An override of a command line is named by what was typed, one of a Python call by its field.
OVERRIDE = "--set "
VARIANT = "--variant "
MAPPING_OVERRIDE = "override of "
OVERRIDES = (OVERRIDE, VARIANT, MAPPING_OVERRIDE)
_TYPED = (OVERRIDE, VARIANT)

_BOMS = (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))
_CORE_TAGS = frozenset(
    f"{TAG}{name}"
    for name in (
        "null", "bool", "int", "float", "str", "seq", "map", "merge", "value",
        "timestamp", "binary", "set", "omap", "pairs",
    )
)  # fmt: skip

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_resolver: Any = Resolver()


class _SmallFileLoader(_SafeLoader):  # type: ignore[misc]
    """PyYAML's safe loader, with its per-node Python work cut short: that takes most of a small file's time."""

    # The tag of a node depends on nothing but these arguments, and configs say the same things again and again.
    resolve = staticmethod(lru_cache(maxsize=4096)(_resolver.resolve))

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """There are no path resolvers to descend through."""

    def ascend_resolver(self) -> None:
        """Nor to come back from."""


def compose(name: str, text: str, suffix: str = "") -> tuple[yaml.MappingNode, list[Problem]]:
    """The top-level mapping of a text, and what is wrong with its YAML but leaves it readable.

    Args:
        name: What messages call the source.
        text: YAML; JSON where it is that, or where the file's name says so.
        suffix: The end of the file's name.

    Raises:
        RejectedError: It is no mapping that can be read.
    """
    try:
        root = _compose_mapping(name, text, suffix == ".json")
    except RejectedError as rejected:
        if name.startswith(_TYPED) or rejected.problem.rule not in (codes.YAML_SYNTAX, codes.NOT_A_MAPPING):
            raise
        # Imported only where something is wrong.
        from w2v_explore.config.text.no_yaml import describe_text, hint

        found = describe_text(text)
        if found is not None:
            raise RejectedError(codes.NOT_A_MAPPING, Place(name), found) from rejected
        problem = rejected.problem
        more = hint(text, problem.place, problem.message)
        if more is not None:
            raise RejectedError(problem.rule, problem.place, f"{problem.message}; {more}") from rejected
        raise
    if "*" in text and "&" in text:
        _bound_aliases(name, root)
    return root, list(_structure_problems(name, root))


def decode(source: Source) -> str:
    """The text of a source: UTF-8, or UTF-16 with a byte order mark.

    Raises:
        RejectedError: It is too big, or in no such encoding, or holds what YAML forbids.
    """
    name, content = source.name, source.content
    if len(content) > MAX_BYTES:
        raise RejectedError(
            codes.TOO_DEEP_OR_BIG, Place(name), f"larger than {MAX_BYTES // 1024} KiB: no config is that big"
        )
    encoding = next((encoding for encoding, bom in _BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        # Past the byte order mark, which is no part of the first line.
        wrong = error.object[error.start]
        before = error.object[: error.start].decode(encoding.removesuffix("-sig"), errors="replace")
        instead = "remove it" if _is_typed(name) else "save the file as UTF-8"
        message = f"byte 0x{wrong:02x} is no {encoding.removesuffix('-sig').upper()}; {instead}"
        place = _place_after(name, before)
        raise RejectedError(codes.ENCODING, place, _not_text(content) or message) from error
    forbidden = Reader.NON_PRINTABLE.search(text)
    if forbidden:
        code_point = f"U+{ord(forbidden.group()):04X}"
        instead = "remove it" if _is_typed(name) else "remove it, and save the file as UTF-8"
        message = f"character {code_point} is not allowed in YAML; {instead}"
        place = _place_after(name, text[: forbidden.start()])
        # In UTF-16 every other byte of a text is 0, as in no text.
        raise RejectedError(codes.ENCODING, place, _not_text(text.encode()) or message)
    return text


def _is_typed(name: str) -> bool:
    """Whether a source is no file: what an option is given is named by the option."""
    return name.startswith("--")


def _not_text(content: bytes) -> str | None:
    """What bytes that are no text are, as a message; None where it is not known."""
    # Imported only where something is wrong.
    from w2v_explore.config.text.no_yaml import describe_bytes

    return describe_bytes(content)


def encode(text: str, like: bytes) -> bytes:
    """The bytes of a text in the encoding, and with the byte order mark, that other bytes have."""
    encoding, bom = next(((encoding, bom) for encoding, bom in _BOMS if like.startswith(bom)), ("utf-8", b""))
    if encoding == "utf-16":
        return bom + text.encode("utf-16-le" if bom == b"\xff\xfe" else "utf-16-be")
    return bom + text.encode("utf-8")


def place_of(path: str, node: yaml.Node) -> Place:
    """The place of a node, its end included; an override is its own place, and what stands nowhere is its source's."""
    if path.startswith(_TYPED) or node.start_mark is None:
        return Place(path)
    last = node
    # The end mark of a block collection overshoots to the next token: its last item's end is meant.
    for _ in range(MAX_DEPTH):
        if isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
            item = last.value[-1]
            item = item[1] if isinstance(item, tuple) else item
            if item.start_mark.line < last.start_mark.line:
                # An alias: its node stands where the anchor does.
                break
            last = item
        else:
            break
    start, end = node.start_mark, last.end_mark
    return Place(path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def shape(node: yaml.Node) -> str:
    """What a message calls a list or a mapping."""
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _place_after(name: str, before: str) -> Place:
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Place(name, line, column, line, column + 1)


def _compose_mapping(name: str, text: str, is_json: bool) -> yaml.MappingNode:
    root = None
    if is_json or text.lstrip()[:1] == "{":
        root = _compose_json(name, text, is_json)
    if root is None:
        root = _compose_yaml(name, text)
    if root is None:
        raise RejectedError(
            codes.NOT_A_MAPPING,
            Place(name),
            "the file is empty; write all fields, or `extends: base` and what differs",
        )
    if not isinstance(root, yaml.MappingNode):
        found = shape(root) if isinstance(root, yaml.SequenceNode) else "a single value"
        raise RejectedError(
            codes.NOT_A_MAPPING,
            place_of(name, root),
            f"the file is {found}; write a mapping, `field: value` on each line",
        )
    return root


def _compose_json(name: str, text: str, is_json: bool) -> yaml.Node | None:
    """The root of a JSON text; None for a YAML mapping that only begins like one."""
    # Imported only where there is one.
    from w2v_explore.config.text.json_nodes import compose_json

    try:
        return compose_json(name, text) if text.strip() else None
    except RejectedError as rejected:
        if is_json or rejected.problem.rule is not codes.YAML_SYNTAX:
            raise
    return None


def _compose_yaml(name: str, text: str) -> yaml.Node | None:
    try:
        _bound_depth(name, text)
        root = yaml.compose(text, Loader=_SmallFileLoader if len(text) <= _SMALL_FILE else _SafeLoader)
    except yaml.MarkedYAMLError as error:
        place = _place_of_mark(name, error.problem_mark or error.context_mark)
        raise RejectedError(codes.YAML_SYNTAX, place, _syntax_message(error)) from error
    except RecursionError as error:
        # Only PyYAML's pure Python loader, where libyaml is absent.
        raise RejectedError(codes.TOO_DEEP_OR_BIG, Place(name), TOO_DEEP) from error
    except (yaml.YAMLError, ValueError) as error:
        raise RejectedError(codes.YAML_SYNTAX, Place(name), f"not readable as YAML: {error}") from error
    return root


def _place_of_mark(name: str, mark: Any) -> Place:
    if mark is None or name.startswith(OVERRIDE):
        return Place(name)
    return Place(name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    if error.context and "single document" in error.context:
        return "a second document starts here; write one config per file"
    return " ".join(part for part in (error.context, error.problem) if part)


def _bound_depth(name: str, text: str) -> None:
    # Each level of nesting takes a bracket, a dash, a question mark or a line break of YAML's, and at most two levels
    # each take the same one: a text with few of them needs no closer look.
    if 2 * sum(map(text.count, "[{-?\n\r\x85\u2028\u2029")) < 1_000:
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise RejectedError(codes.TOO_DEEP_OR_BIG, _place_of_mark(name, event.start_mark), TOO_DEEP)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.scanner.ScannerError as error:
        # From 0.2.6 on libyaml ends at a thousand levels, before it gives the first of them: what is before has them.
        if error.problem is None or "nesting depth" not in error.problem or error.problem_mark is None:
            raise
        _bound_depth(name, text[: error.problem_mark.index])


def _bound_aliases(name: str, root: yaml.Node) -> None:
    """Refuse aliases that lead back to themselves, or expand to more, or deeper, than any value may."""
    sizes: dict[int, int] = {}
    levels: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting[-1]
        children = _children(node) if isinstance(node, yaml.CollectionNode) else []
        if id(node) not in open_nodes and id(node) not in sizes:
            open_nodes.add(id(node))
            waiting += [child for child in children if id(child) not in sizes]
            if any(id(child) in open_nodes for child in children):
                raise RejectedError(codes.ALIAS_BOMB, place_of(name, node), "an alias leads back to what it stands in")
            continue
        waiting.pop()
        if id(node) in open_nodes:
            open_nodes.remove(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            if sizes[id(node)] > MAX_VALUE_ITEMS:
                message = (
                    f"with its aliases followed this holds more than {MAX_VALUE_ITEMS} items; write out what is meant"
                )
                raise RejectedError(codes.ALIAS_BOMB, place_of(name, node), message)
            levels[id(node)] = isinstance(node, yaml.CollectionNode) + max(
                (levels[id(child)] for child in children), default=0
            )
            if levels[id(node)] > MAX_DEPTH:
                raise RejectedError(codes.TOO_DEEP_OR_BIG, _place_of_mark(name, node.start_mark), TOO_DEEP)


def _structure_problems(name: str, root: yaml.MappingNode) -> Iterator[Problem]:
    """Keys given twice, and tags that are not YAML's own, at any level.

    Raises:
        RejectedError: A list or mapping lies too deep.
    """
    if root.tag not in _CORE_TAGS:
        yield _foreign_tag(name, root)
    # Each list and mapping once: an alias shares its node.
    seen: set[int] = set()
    waiting: list[tuple[yaml.CollectionNode, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if depth > MAX_DEPTH:
            raise RejectedError(codes.TOO_DEEP_OR_BIG, _place_of_mark(name, node.start_mark), TOO_DEEP)
        children = _children(node)
        if not _CORE_TAGS.issuperset([child.tag for child in children]):
            yield from (_foreign_tag(name, child) for child in children if child.tag not in _CORE_TAGS)
        if isinstance(node, yaml.MappingNode):
            yield from _duplicate_keys(name, node)
        waiting += [(child, depth + 1) for child in children if isinstance(child, yaml.CollectionNode)]


def _children(node: yaml.CollectionNode) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value)


def _duplicate_keys(name: str, node: yaml.MappingNode) -> Iterator[Problem]:
    keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    if len({key.value for key in keys}) == len(keys):
        return
    first_lines: dict[str, int] = {}
    for key in keys[:MAX_KEYS_CHECKED]:
        if key.value in first_lines:
            where = "" if name.startswith(VARIANT) else f" on line {first_lines[key.value]}"
            message = f"{key.value} was given{where} already; keep one of the two"
            yield Problem(rule=codes.DUPLICATE_KEY, place=place_of(name, key), key=key.value, message=message)
        else:
            first_lines[key.value] = key.start_mark.line + 1


def _foreign_tag(name: str, node: yaml.Node) -> Problem:
    message = f"the tag {node.tag.replace(TAG, '!!')} has no meaning in a config; write the plain value"
    return Problem(rule=codes.EXPLICIT_TAG, place=place_of(name, node), key=None, message=message)
