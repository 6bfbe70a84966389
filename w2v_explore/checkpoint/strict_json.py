"""JSON that others wrote, read strictly: what two readers could understand differently is refused."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from w2v_explore.checkpoint.listing import shown

# 2^64 has 20 digits; no size has more.
_MAX_DIGITS = 20


def parse_strict_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8, in which all numbers are whole and not negative.

    Raises:
        ValueError: It is no such text; names in objects repeat; it is nested too deep. The message says which.
    """
    try:
        text = content.decode("utf-8")
        return _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"{shown(name)} stands in it twice")
            seen.add(name)
    return value


def _whole_number(text: str) -> int:
    if text.startswith("-") or len(text) > _MAX_DIGITS:
        raise ValueError(f"{shown(text)} is no size")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{shown(text)} is no whole number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole_number, parse_float=_refuse_number, parse_constant=_refuse_number
)
