"""JSON that others wrote beside weights, read strictly: what two readers could understand differently is refused."""

from typing import Any, NoReturn

from w2v_explore.checkpoint.listing import shown
from w2v_explore.files.json_document import parse_json

# 2^64 has 20 digits; no size has more.
_MAX_DIGITS = 20


def parse_strict_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8, in which all numbers are whole and not negative.

    Raises:
        ValueError: It is no such text; names in objects repeat; it is nested too deep. The message says which.
    """
    return parse_json(content, parse_int=_whole_number, parse_float=_refuse_number, parse_constant=_refuse_number)


def _whole_number(text: str) -> int:
    if text.startswith("-") or len(text) > _MAX_DIGITS:
        raise ValueError(f"{shown(text)} is no size")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{shown(text)} is no whole number")
