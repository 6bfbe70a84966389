"""What a command line writes in YAML beside ``--set``: an edit of a config, and the values of a field.

Imported where there is any.
"""

import re
from collections.abc import Callable
from decimal import Decimal

import yaml

from w2v_explore.config import codes
from w2v_explore.config.document import MAX_SHOWN_OVERRIDE, ONE_ARCHITECTURE, parse_typed
from w2v_explore.config.entries import Document, plain_value
from w2v_explore.config.family import ARCHITECTURE
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.text.nodes import VARIANT
from w2v_explore.diagnostics import Place, Problem, Rule, shorten
from w2v_explore.errors import ConfigError

MAX_VALUES = 10_000
"""The values that a text may list."""

_HOW_TO_EDIT = "write field: value with commas between, as 'encoder_num_layers: 6, encoder_dropout: 0'"
_HOW_TO_LIST = "write field=values, as encoder_num_layers=2..24:2 or encoder_embed_dim=512,768"
_NO_BASE = "a variant edits the first config; to start from another config, name that one"
# What is YAML for a name alone, and meant for a field and its value.
_UNSPACED = re.compile(r"(\w+)\s*[=:]\s*(\S.*)", re.DOTALL)
_NUMBER = r"([+-]?\d{1,15}(?:\.\d{1,15})?)"
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}(?::{_NUMBER})?", re.ASCII)
_VALUES = "values: ["
# What YAML says of a text whose brackets close before it ends: of a mapping in braces, and of what is in `_VALUES`.
_MAPPING_ENDED = "did not find expected <document start>"
_VALUES_ENDED = "while parsing a block mapping did not find expected key"


def parse_variant(text: str) -> Document:
    """The entries of a ``--variant``: a mapping with braces or without, or in lines; each is an override.

    What is wrong with its YAML says where in the text.
    """
    name = f"{VARIANT}{shorten(text, MAX_SHOWN_OVERRIDE)}"
    is_open = not text.lstrip().startswith("{") and "\n" not in text.strip()
    # On a line of its own a brace ends no comment.
    document = parse_typed(name, f"{{{text}\n}}" if is_open else text)

    def refuse(rule: Rule, message: str, key: str | None = None) -> Document:
        problem = Problem(rule=rule, place=Place(name), key=key, message=message)
        return document._replace(entries={}, problems=(problem,))

    if document.problems:
        ended = _MAPPING_ENDED if is_open or text.lstrip().startswith("{") else None
        problems = [_told_in_words(problem, name, text, int(is_open), ended) for problem in document.problems]
        return document._replace(problems=tuple(problems))
    if not document.entries:
        return refuse(codes.YAML_SYNTAX, f"nothing is edited; {_HOW_TO_EDIT}")
    for key, entry in document.entries.items():
        if isinstance(entry.value, yaml.ScalarNode) and (entry.value.tag, entry.value.value) == (f"{TAG}null", ""):
            meant = _UNSPACED.fullmatch(key)
            how = f"{_HOW_TO_EDIT}, or null where that is meant"
            instead = f"write {shorten(f'{meant[1]}: {meant[2]}')}" if meant else how
            return refuse(codes.YAML_SYNTAX, f"{shorten(key)} has no value; {instead}", key)
    if "extends" in document.entries:
        return refuse(codes.UNKNOWN_KEY, _NO_BASE)
    if ARCHITECTURE in document.entries:
        return refuse(codes.ARCHITECTURE, ONE_ARCHITECTURE, ARCHITECTURE)
    return document


def parse_values(option: str, text: str) -> tuple[str, list[object]]:
    """A field and the values that a text lists for it: ``encoder_num_layers=2..24:2``, ``encoder_embed_dim=512,768``.

    A range holds its last number where steps, of 1 by default, lead to it.

    Args:
        option: What the text was given by, for messages.
        text: The text; each value is read as YAML.

    Raises:
        ConfigError: It lists none.
    """
    name = f"{option} {shorten(text, MAX_SHOWN_OVERRIDE)}"
    field, equals, listed = text.partition("=")
    field = field.strip()
    document = parse_typed(name, f"{_VALUES}{listed}\n]")
    entry = document.entries.get("values")

    def refuse(message: str) -> ConfigError:
        return ConfigError([Problem(rule=codes.YAML_SYNTAX, place=Place(name), key=field or None, message=message)])

    if not (field and equals and listed.strip()):
        raise refuse(_HOW_TO_LIST)
    if document.problems:
        shift = len(_VALUES) - (len(text) - len(listed))
        raise ConfigError([_told_in_words(problem, name, text, shift, _VALUES_ENDED) for problem in document.problems])
    if len(document.entries) > 1 or entry is None or not isinstance(entry.value, yaml.SequenceNode):
        raise refuse(_HOW_TO_LIST)
    values: list[object] = []
    for node in entry.value.value:
        value = plain_value(node)
        if is_meant_as_range(node, value):
            values += numbers_in(node.value, refuse)
        else:
            values.append(value)
        # Of many ranges there would be no end.
        if len(values) > MAX_VALUES:
            raise refuse(f"more than {MAX_VALUES:,} values are too many; give fewer")
    return field, values


def is_meant_as_range(node: yaml.Node, value: object) -> bool:
    """Whether a value has the marks of a range; YAML 1.1 reads 2:24 as a number, 2 × 60 + 24."""
    if isinstance(value, str):
        return ".." in value
    return isinstance(node, yaml.ScalarNode) and ":" in node.value


def numbers_in(text: str, refuse: Callable[[str], Exception]) -> list[object]:
    """The numbers of a range, whole where all that is written is; decimals are added up as they are written.

    Args:
        text: The range: ``2..24:2``.
        refuse: Makes what is raised of a message, where it is none.
    """
    ends = _RANGE.fullmatch(text)
    if ends is None:
        raise refuse(f"{shorten(text)} is no range; write first..last:step, as 2..24:2")
    first, last, step = (Decimal(number) for number in (ends[1], ends[2], ends[3] or "1"))
    if step <= 0:
        raise refuse(f"{ends[0]} has a step of {step}; write one above 0")
    if last < first:
        raise refuse(f"{ends[0]} goes down; write the lesser number first, as {ends[2]}..{ends[1]}")
    count = int((last - first) / step) + 1
    if count > MAX_VALUES:
        raise refuse(f"{ends[0]} is {count:,} values; write a larger step, for {MAX_VALUES:,} at most")
    number = float if "." in ends[0].replace("..", "") else int
    return [number(first + step * place) for place in range(count)]


def _told_in_words(problem: Problem, name: str, text: str, shift: int, ended: str | None) -> Problem:
    """A problem with its place in the text at the end of its message: the text itself is the path.

    Args:
        problem: What is wrong with the YAML that was made of the text.
        name: What messages call the text.
        text: What was typed.
        shift: By how many columns its first line was moved to the right.
        ended: The message where brackets close before the text ends, which is of what was put around it.
    """
    place = problem.place
    if problem.message == ended:
        return problem._replace(place=Place(name), message="brackets close before the text ends")
    if place.line is None or place.column is None:
        return problem._replace(place=Place(name))
    lines = text.split("\n")
    column = place.column - shift * (place.line == 1)
    if place.line > len(lines) or (place.line == len(lines) and column > len(lines[-1])):
        where = "its end"
    else:
        where = f"column {column}" if len(lines) == 1 else f"line {place.line}, column {column}"
    return problem._replace(place=Place(name), message=f"{problem.message}, at {where}")
