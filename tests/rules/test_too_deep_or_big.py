"""E102 too-deep-or-big: the file is larger or nested deeper than any config."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found
from w2v_explore.config.source import MAX_BYTES


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (f"name: {'[' * 600}{']' * 600}\n", 70),
        (f"name: {'{' * 600}", 70),
        ("- " * 600, 129),
        ("[" * 25_000, 65),
        pytest.param(
            f"name: {'[' * 65}{']' * 65}\n",
            70,
            marks=pytest.mark.xfail(reason="depth is only counted where it could overrun the stack, from 500 brackets"),
        ),
    ],
)
def test_too_deep(text: str, column: int) -> None:
    assert found(text) == [("E102", 1, column)]


def test_deeply_indented() -> None:
    assert found("".join(f"{' ' * level}a:\n" for level in range(600))) == [("E102", 65, 65)]


def test_too_big() -> None:
    assert found(f"{BASE}#".ljust(MAX_BYTES + 1, "x")) == [("E102", None, None)]
    assert found(f"{BASE}#".ljust(MAX_BYTES, "x")) == []


def test_many_lists_are_not_deep() -> None:
    assert found(f"{BASE}{CONV}: [{'[512, 3, 2], ' * 1_000}]\n") == []


def test_64_levels_are_allowed() -> None:
    assert found(f"{BASE}budgets: {{a: {'[' * 62}{']' * 62}}}\n{'# [' * 500}\n") == []
