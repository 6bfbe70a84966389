"""The tables of facts beside this file: YAML, each fact with its source."""

import os
from typing import Any

_MOST_BYTES = 2**20


def table_bytes(name: str) -> tuple[str, bytes]:
    """The path of a table, and what is in it."""
    from w2v_explore.files.read import read_whole

    path = os.path.join(os.path.dirname(__file__), name)
    return path, read_whole(path, _MOST_BYTES)


def table(name: str) -> Any:
    """What a table says, as plain data."""
    import yaml  # most commands read YAML by another way, and none of these tables

    return yaml.load(table_bytes(name)[1], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
