"""E237 aux-positive: the head has no outputs."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked, messages


@pytest.mark.parametrize("value", ["0", "-1", "-12", "-9223372036854775809"])
def test_below_1(value: str) -> None:
    text = f"{BASE}aux_num_out: {value}  # comment\n"
    assert found(text) == [("E237", 2, 14)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["1", "32", "null", "~"])
def test_from_1_on(value: str) -> None:
    assert found(f"{BASE}aux_num_out: {value}\n") == []


def test_null_is_offered() -> None:
    assert messages(f"{BASE}aux_num_out: 0\n") == [
        "c.yaml:2:14: error E237 aux-positive: aux_num_out is 0; write a whole number from 1, or null for no head"
    ]
