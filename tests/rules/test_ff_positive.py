"""E236 ff-positive: the feed-forward block has no features."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked


@pytest.mark.parametrize("value", ["0", "-1", "-12", "-9223372036854775809"])
def test_below_1(value: str) -> None:
    text = f"{BASE}encoder_ff_interm_features: {value}  # comment\n"
    assert found(text) == [("E236", 2, 29)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["1", "3072"])
def test_from_1_on(value: str) -> None:
    assert found(f"{BASE}encoder_ff_interm_features: {value}\n") == []
