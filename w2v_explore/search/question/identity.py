"""What tells one question from another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.arguments import plain_data
from w2v_explore.config.load import Config
from w2v_explore.search.question.question import Question
from w2v_explore.search.space.space import Space

_SAID = {"lint_clean": "whether the linter may warn"}


def identity(question: Question) -> dict[str, str]:
    """Of each part of a question, by what messages call it, a digest: equal questions have equal digests."""
    parts: dict[str, object] = {}
    for each in fields(question):
        value = getattr(question, each.name)
        if isinstance(value, Space):
            parts["the config that the space is around"] = value.config
            parts["the axes of the space"] = [axis.name for axis in value.axes]
            parts |= {f"the values of {axis.name}": axis.values for axis in value.axes}
            parts["the rules of the space"] = value.rules
        else:
            parts[_SAID.get(each.name, f"the {each.name}")] = value
    return {name: sha256(json.dumps(_plain(part), sort_keys=True).encode()).hexdigest() for name, part in parts.items()}


def _plain(value: Any) -> Any:
    """What makes a value what it is, as plain data."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Fraction():
            return str(value)
        case Config():
            return [value.model.family.name, value.model.to_mapping(), value.sample_rate]
        case Condition():
            return _plain(tuple(value._replace(text="")))
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case set() | frozenset():
            return sorted(map(_plain, value), key=json.dumps)
        case list() | tuple():
            return [type(value).__name__, *map(_plain, value)] if hasattr(value, "_fields") else [*map(_plain, value)]
    if is_dataclass(value):
        return [type(value).__name__, *[_plain(getattr(value, each.name)) for each in fields(value) if each.compare]]
    return plain_data(value)
