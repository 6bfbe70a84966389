"""What replaces fields of a config that was read: texts of a command line, or a mapping of a Python call."""

from collections.abc import Mapping, Sequence

import yaml

from w2v_explore.arguments import kind_of, plain_data
from w2v_explore.config import codes
from w2v_explore.config.document import ONE_ARCHITECTURE, ONE_FIELD, parse_override
from w2v_explore.config.entries import Document, Entry
from w2v_explore.config.family import ARCHITECTURE
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.text.nodes import MAPPING_OVERRIDE
from w2v_explore.config.text.source import Source
from w2v_explore.diagnostics import Place, Problem

Overrides = Sequence[str | Document] | Mapping[str, object]
"""``["encoder_num_layers=6"]``, each value read as YAML, or ``{"encoder_num_layers": 6}``, each value as it is.

What was parsed already may stand among the texts.
"""

_HOW = "give a mapping, as {'encoder_num_layers': 6}, or a list of texts, as ['encoder_num_layers=6']"


def override_documents(overrides: Overrides) -> list[Document]:
    """The documents of overrides: one for each field, and what was parsed already as it is.

    Raises:
        TypeError: They are neither of the two, or a value is no plain data.
    """
    if isinstance(overrides, Mapping):
        return [_document(field, value) for field, value in overrides.items()]
    if isinstance(overrides, str) or not isinstance(overrides, Sequence):
        raise TypeError(f"overrides is {kind_of(overrides)}; {_HOW}")
    for text in overrides:
        if not isinstance(text, (str, Document)):
            raise TypeError(f"overrides holds {kind_of(text)}; {_HOW}")
    return [text if isinstance(text, Document) else parse_override(text) for text in overrides]


def _document(field: object, value: object) -> Document:
    if not isinstance(field, str):
        raise TypeError(f"overrides has {kind_of(field)} for a field's name; {_HOW}")
    name = f"{MAPPING_OVERRIDE}{field}"
    place, source = Place(name), Source(name, b"")
    if field == "extends":
        problem = Problem(rule=codes.UNKNOWN_KEY, place=place, key=None, message=ONE_FIELD)
        return Document(source, {}, place, (problem,))
    if field == ARCHITECTURE:
        problem = Problem(rule=codes.ARCHITECTURE, place=place, key=field, message=ONE_ARCHITECTURE)
        return Document(source, {}, place, (problem,))
    key = yaml.ScalarNode(f"{TAG}str", field)
    return Document(source, {field: Entry(name, key, _node(field, value))}, place, ())


def _node(field: str, value: object) -> yaml.Node:
    """The YAML node of plain data, or of what stands for it (`plain_data`)."""
    value = plain_data(value)
    match value:
        case None:
            return yaml.ScalarNode(f"{TAG}null", "null")
        case bool():
            return yaml.ScalarNode(f"{TAG}bool", "true" if value else "false")
        case str():
            return yaml.ScalarNode(f"{TAG}str", value)
        case int():
            # Python writes no decimal text of thousands of digits.
            return yaml.ScalarNode(f"{TAG}int", str(value) if abs(value) < 2**64 else hex(value))
        case float():
            return yaml.ScalarNode(f"{TAG}float", repr(value))
        case list():
            return yaml.SequenceNode(f"{TAG}seq", [_node(field, item) for item in value])
        case Mapping():
            pairs = [(yaml.ScalarNode(f"{TAG}str", str(key)), _node(field, item)) for key, item in value.items()]
            return yaml.MappingNode(f"{TAG}map", pairs)
    raise TypeError(
        f"the override of {field} holds {kind_of(value)}; give plain data: a number, True, False, None, a text, a list"
    )
