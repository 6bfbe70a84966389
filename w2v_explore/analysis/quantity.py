"""Quantities as people write them: ``100M``, ``24GiB``, ``500MB``."""

import math
import re

from w2v_explore.errors import QuantityError

_SCALES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_SCALES = {"k": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?) ?(?:([kKMGT])?(i)?(B)?)", re.ASCII)


def parse_quantity(text: str) -> float:
    """The number that a text writes, with k, M, G or T for thousands, ki, Mi, Gi or Ti for 1024s, and B or none.

    Raises:
        QuantityError: It writes none.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        raise QuantityError(f"{text!r} is no quantity; write a number, as 100M, 16GB or 24GiB")
    prefix = (match[2] or "").replace("K", "k")
    scale = _BINARY_SCALES[prefix] if match[3] else _SCALES[prefix]
    value = float(match[1]) * scale
    if not math.isfinite(value):
        raise QuantityError(f"{text!r} is past any use; write a number, as 100M, 16GB or 24GiB")
    return value


def parse_size_bytes(text: str) -> int:
    """The size of a memory.

    Raises:
        QuantityError: It is none, or smaller than a byte.
    """
    try:
        size = parse_quantity(text)
    except QuantityError:
        size = 0.0
    if size < 1:
        raise QuantityError(f"{text!r} is no size of a memory; write one as 24GiB, 16GB, 500MB or in plain bytes")
    return int(size)
