"""A config as YAML, a line for each key."""

from collections.abc import Mapping
from typing import Any

import yaml

from w2v_explore.config.validate import to_flow_yaml

_NOTHING: Mapping[str, str] = {}


def config_yaml(values: Mapping[str, Any], remarks: Mapping[str, str] = _NOTHING) -> str:
    """Keys and values in their order, with a comment behind those that there is something to say of."""
    return "".join(_line(key, value, remarks.get(key)) for key, value in values.items())


def _line(key: str, value: Any, remark: str | None) -> str:
    if isinstance(value, list):
        line = f"{key}: {to_flow_yaml(value)}\n"
    else:
        line = yaml.safe_dump({key: value}, allow_unicode=True, width=110)
    return f"{line[:-1]}  # {remark}\n" if remark else line
