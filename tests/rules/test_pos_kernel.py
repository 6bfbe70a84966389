"""E232 pos-kernel: the positional convolution's kernel is below 1."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked


@pytest.mark.parametrize("value", ["0", "-1", "-12", "-9223372036854775809"])
def test_below_1(value: str) -> None:
    text = f"{BASE}encoder_pos_conv_kernel: {value}  # comment\n"
    assert found(text) == [("E232", 2, 26)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["1", "2", "127", "128"])
def test_from_1_on(value: str) -> None:
    assert found(f"{BASE}encoder_pos_conv_kernel: {value}\n") == []
