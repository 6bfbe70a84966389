"""Quantities as people write them."""

from __future__ import annotations

import pytest

from w2v_explore import QuantityError
from w2v_explore.analysis.quantity import parse_quantity, parse_size_bytes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("5.5", 5.5),
        ("-3", -3),
        ("1e3", 1000),
        ("100M", 100_000_000),
        ("100k", 100_000),
        ("1.5 G", 1_500_000_000),
        ("2T", 2 * 10**12),
        ("24GiB", 24 * 2**30),
        ("24Gi", 24 * 2**30),
        ("1KiB", 1024),
        ("16GB", 16 * 10**9),
        ("12B", 12),
        (" 7 ", 7),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "G", "1X", "1 2", "1m", "iB", "1iB", "GiB", "1e999", "nan", "inf", "1__0", "٣"])
def test_no_quantities(text: str) -> None:
    with pytest.raises(QuantityError, match="write a number, as 100M, 16GB or 24GiB"):
        parse_quantity(text)


def test_sizes() -> None:
    assert parse_size_bytes("24GiB") == 25_769_803_776
    assert parse_size_bytes("500MB") == 500_000_000
    assert parse_size_bytes("1000") == 1000


@pytest.mark.parametrize("text", ["0", "-1GB", "lots", "0.5", ""])
def test_no_sizes(text: str) -> None:
    with pytest.raises(QuantityError, match="is no size of a memory; write one as 24GiB, 16GB, 500MB or in plain"):
        parse_size_bytes(text)
