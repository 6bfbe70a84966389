"""E221 conv-empty: the extractor has no convolutions."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked


@pytest.mark.parametrize(("value", "text"), [("[]", "[]"), ("[ ]", "[ ]"), ("\n  []", "[]")])
def test_empty(value: str, text: str) -> None:
    (place,) = found(f"{BASE}{CONV}: {value}\n")
    assert place == (("E221", 3, 3) if "\n" in value else ("E221", 2, 30))
    assert marked(f"{BASE}{CONV}: {value}  # comment\n") == [text]


@pytest.mark.parametrize("value", ["null", "[[512, 10, 5]]"])
def test_not_empty(value: str) -> None:
    assert found(f"{BASE}{CONV}: {value}\n") == []


def test_an_empty_layer_is_another_rules_matter() -> None:
    assert found(f"{BASE}{CONV}: [[]]\n") == [("E222", 2, 31)]
