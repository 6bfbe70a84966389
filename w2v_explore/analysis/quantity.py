"""Quantities as people write them: ``100M`` parameters, ``24GiB`` or ``24 gb`` of memory."""

import math
import re

from w2v_explore.diagnostics import shorten
from w2v_explore.errors import QuantityError

_POWERS = {"": 0, "K": 3, "M": 6, "G": 9, "T": 12}
_BINARY_SCALES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_QUANTITY = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,9})?)\s*(?:([kmgt])?(i)?(b)?)", re.ASCII | re.IGNORECASE
)
_LEAST_BARE_BYTES = 2**20
_NO_QUANTITY = "no quantity; write a number, as 100M or 1.5G"
_NO_SIZE = "no size of a memory; write one as 24GiB, 16GB or 500MB"


def parse_quantity(text: str, *, in_bytes: bool = False) -> float:
    """The number that a text writes, with k, M, G or T for thousands, ki, Mi, Gi or Ti for 1024s.

    Args:
        text: The text; a small m is no mega, except in sizes of memory.
        in_bytes: Whether it is a size of memory, which may end in B, in letters of any case: G and GB are 10^9 bytes,
            GiB 2^30.

    Raises:
        QuantityError: It writes none; or of a size of memory so few bytes that a unit must have been forgotten.
    """
    match = _QUANTITY.fullmatch(text.strip())
    given = repr(shorten(text))
    if match is None or (match[3] and not match[2]):
        raise QuantityError(f"{given} is {_NO_SIZE if in_bytes else _NO_QUANTITY}")
    number, prefix, binary, byte = match.groups()
    if not in_bytes:
        if byte:
            instead = f"{shorten(number)}{'G' if not prefix else _capital(prefix)}"
            raise QuantityError(f"{given} is a number of bytes, and the figure is none; write {instead}")
        if prefix == "m":
            raise QuantityError(f"{given} could be thousandths or millions; write {shorten(number)}M for millions")
    if binary:
        value = float(number) * _BINARY_SCALES[prefix.upper()]
    else:
        # Not a product, in which 66.89088M were 66890879.99999999.
        digits, _, power = number.lower().partition("e")
        value = float(f"{digits}e{int(power or 0) + _POWERS[(prefix or '').upper()]}")
    if not math.isfinite(value):
        raise QuantityError(f"{given} is past any use; it is {_NO_SIZE if in_bytes else _NO_QUANTITY}")
    if in_bytes and not (prefix or byte):
        require_unit(value, number)
    return value


def require_unit(size: float, text: str) -> None:
    """Refuse a bare number that is no plausible size of memory in bytes.

    Raises:
        QuantityError: It is below 1 MiB, and not 0.
    """
    if 0 < size < _LEAST_BARE_BYTES:
        unit = "GiB" if size < 1024 else "MiB"
        shown = shorten(text)
        raise QuantityError(f"{shown} would be {shown} bytes; write {shown}{unit}, or {shown}B where bytes are meant")


def parse_size_bytes(text: str, *, least: int = 1) -> int:
    """The size of a memory, or of a part of one.

    Args:
        text: The text.
        least: The fewest bytes that it may have: 0 of a part that may be missing.

    Raises:
        QuantityError: It is none, or smaller than that, or lacks its unit.
    """
    size = parse_quantity(text, in_bytes=True)
    if size < least:
        raise QuantityError(f"{shorten(text)!r} is {_NO_SIZE}")
    return int(size)


def _capital(prefix: str) -> str:
    return "k" if prefix in "kK" else prefix.upper()
