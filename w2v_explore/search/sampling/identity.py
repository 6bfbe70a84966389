"""What tells one question from another, where many machines and later runs work on the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from w2v_explore.search.question.question import Question


def digest(question: Question) -> str:
    """Sixteen hexadecimal digits that are the same for equal questions alone, wherever their configs lie."""
    config = question.space.config
    asked = {
        "family": config.model.family.name,
        "model": config.model.to_mapping(),
        "sample_rate": config.sample_rate,
        "axes": question.space.axes,
        "rules": question.space.rules,
        "workload": question.workload,
        "mode": question.mode,
        "constraints": [constraint._replace(text="") for constraint in question.constraints],
        "lint_clean": question.lint_clean,
    }
    return hashlib.sha256(json.dumps(_plain(asked), sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Plain data that is the same for equal values."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, {each.name: _plain(getattr(value, each.name)) for each in fields(value)}]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(each) for each in value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
