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
        ("100 K", 100_000),
        ("1.5 G", 1_500_000_000),
        ("1.5g", 1_500_000_000),
        ("2T", 2 * 10**12),
        ("66.89088M", 66_890_880),
        ("6.689088e1M", 66_890_880),
        ("532950.904576 M", 532_950_904_576),
        ("24Gi", 24 * 2**30),
        ("24gi", 24 * 2**30),
        (" 7 ", 7),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    "text", ["", "G", "1X", "1 2", "iB", "1iB", "GiB", "1e999", "1e" + 5_000 * "9", "nan", "inf", "1__0", "٣"]
)
def test_no_quantities(text: str) -> None:
    with pytest.raises(QuantityError, match="write a number, as 100M or 1\\.5G"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "instead"), [("1GB", "write 1G"), ("7B", "write 7G"), ("2 kib", "write 2k"), ("100m", "write 100M")]
)
def test_quantities_that_are_no_bytes(text: str, instead: str) -> None:
    with pytest.raises(QuantityError, match=instead):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *[(text, 24 * 10**9) for text in ("24GB", "24 GB", "24gb", "24 gb", "24G", "24 g", "24000000000", "24e9")],
        *[(text, 24 * 2**30) for text in ("24GiB", "24 GiB", "24gib", "24Gi", "24  gib", "25769803776")],
        ("512m", 512 * 10**6),
        ("500MB", 500 * 10**6),
        ("1.5TiB", 3 * 2**39),
        ("12B", 12),
        ("12 kB", 12_000),
        ("1048576", 2**20),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size_bytes(text) == size


@pytest.mark.parametrize("text", ["0", "-1GB", "-24", "lots", "0.5B", "", "24GX", "24Gbit", "inf"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(QuantityError, match="is no size of a memory; write one as 24GiB, 16GB or 500MB"):
        parse_size_bytes(text)


@pytest.mark.parametrize(
    ("text", "instead"),
    [("24", "24GiB"), ("24.5", "24.5GiB"), ("1", "1GiB"), ("1000", "1000GiB"), ("81920", "81920MiB"), ("0.5", "0.5G")],
)
def test_sizes_that_lack_their_unit(text: str, instead: str) -> None:
    with pytest.raises(QuantityError, match=f"{text} would be {text} bytes; write {instead}"):
        parse_size_bytes(text)
