"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from w2v_explore.report import units


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (1000, "1.000 k"),
        (999_949, "999.9 k"),
        (999_950, "1.000 M"),
        (94_370_944, "94.37 M"),
        (4_200_448, "4.200 M"),
        (2_159_257_728, "2.159 G"),
        (7_406_652_313.6, "7.407 G"),
        (123_456_789_012_345, "123.5 T"),
        (5 * 10**18, "5000 P"),
    ],
)
def test_short(number: float, text: str) -> None:
    assert units.short(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (12.345, "12.3 s"),
        (0.99951, "1.00 s"),
        (0.0876, "87.6 ms"),
        (0.00123, "1.23 ms"),
        (4.5e-6, "4.50 µs"),
        (3e-8, "30 ns"),
        (-0.002, "-2.00 ms"),
        (123.4, "123 s"),
        (2811.4, "2,811 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


def test_sizes() -> None:
    assert units.size_bytes(377_483_776) == "377.5 MB"
    assert units.size_bytes(12) == "12 B"


@pytest.mark.parametrize(
    ("samples", "text"), [(400, "25"), (10, "0.625"), (5, "0.3125"), (41_040, "2,565"), (1, "0.0625")]
)
def test_milliseconds(samples: int, text: str) -> None:
    assert units.milliseconds(samples, 16_000) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [([12, 12, 3], "2 × 12, 3"), ([True, False, False], "true, 2 × false"), ([[8, 3, 2]], "8·3/2"), ([], "")],
)
def test_lists_count_what_is_equal(value: list[Any], text: str) -> None:
    assert units.listed(value) == units.field_value(value) == text


def test_conv_layers() -> None:
    layers = [[512, 10, 5], [512, 3, 2], [512, 3, 2], [512, 2, 2]]
    assert units.conv_layers(layers) == "512·10/5, 2 × 512·3/2, 512·2/2"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "null"), (True, "true"), (0.1, "0.1"), (29, "29"), ("group_norm", "group_norm")]
)
def test_scalar(value: object, text: str) -> None:
    assert units.scalar(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.05, "+5.0 %"),
        (0.5, "−50.0 %"),
        (1.0002, "+0.02 %"),
        (0.99996, "−0.004 %"),
        (45.6, "+4,460 %"),
        (2.225709654, "+122.6 %"),
    ],
)
def test_changes_in_percent(ratio: float, text: str) -> None:
    assert units.signed_percent(ratio) == text
