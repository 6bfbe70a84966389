"""A variant: what a command line edits in a config, a YAML mapping of fields. Imported where there is one."""

import re

import yaml

from w2v_explore.config import codes
from w2v_explore.config.document import MAX_SHOWN_OVERRIDE, ONE_ARCHITECTURE, parse_document
from w2v_explore.config.entries import OWN_DIALECT, Document
from w2v_explore.config.family import ARCHITECTURE
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.text.nodes import VARIANT
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Place, Problem, Rule, shorten

_HOW = "write field: value with commas between, as 'encoder_num_layers: 6, encoder_dropout: 0'"
_NO_BASE = "a variant edits the first config; to start from another config, name that one"
# What is YAML for a name alone, and meant for a field and its value.
_UNSPACED = re.compile(r"(\w+)\s*[=:]\s*(\S.*)", re.DOTALL)


def parse_variant(text: str) -> Document:
    """The entries of a ``--variant``: a mapping with braces or without, or in lines; each is an override.

    What is wrong with its YAML says where in the text.
    """
    name = f"{VARIANT}{shorten(text, MAX_SHOWN_OVERRIDE)}"
    is_open = not text.lstrip().startswith("{") and "\n" not in text.strip()
    # On a line of its own a brace ends no comment.
    written = f"{{{text}\n}}" if is_open else text
    document = parse_document(Source(name, written.encode("utf-8", "surrogatepass")), OWN_DIALECT)

    def refuse(rule: Rule, message: str, key: str | None = None) -> Document:
        problem = Problem(rule=rule, place=Place(name), key=key, message=message)
        return document._replace(entries={}, problems=(problem,))

    if document.problems:
        problems = [_told_in_words(problem, text, is_open) for problem in document.problems]
        return document._replace(problems=tuple(problems))
    if not document.entries:
        return refuse(codes.YAML_SYNTAX, f"nothing is edited; {_HOW}")
    for key, entry in document.entries.items():
        if isinstance(entry.value, yaml.ScalarNode) and (entry.value.tag, entry.value.value) == (f"{TAG}null", ""):
            meant = _UNSPACED.fullmatch(key)
            instead = f"write {shorten(f'{meant[1]}: {meant[2]}')}" if meant else f"{_HOW}, or null where that is meant"
            return refuse(codes.YAML_SYNTAX, f"{shorten(key)} has no value; {instead}", key)
    if "extends" in document.entries:
        return refuse(codes.UNKNOWN_KEY, _NO_BASE)
    if ARCHITECTURE in document.entries:
        return refuse(codes.ARCHITECTURE, ONE_ARCHITECTURE, ARCHITECTURE)
    return document


def _told_in_words(problem: Problem, text: str, is_open: bool) -> Problem:
    """A problem with its place in the text at the end of its message: the text itself is the path."""
    place = problem.place
    if place.line is None or place.column is None:
        return problem
    lines = text.split("\n")
    column = place.column - (is_open and place.line == 1)
    if place.line > len(lines) or (place.line == len(lines) and column > len(lines[-1])):
        where = "its end"
    else:
        where = f"column {column}" if len(lines) == 1 else f"line {place.line}, column {column}"
    return problem._replace(place=Place(place.path), message=f"{problem.message}, at {where}")
