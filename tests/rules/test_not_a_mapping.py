"""E106 not-a-mapping: the file is no mapping."""

from __future__ import annotations

import pytest

from tests.rules.helper import found, marked


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", None, None),
        ("# nothing but a comment\n", None, None),
        ("- extends: base\n- encoder_num_layers: 6\n", 1, 1),
        ("# a list\n[base]\n", 2, 1),
        ("base\n", 1, 1),
        ("  12\n", 1, 3),
        ("null\n", 1, 1),
    ],
)
def test_refused(text: str, line: int | None, column: int | None) -> None:
    assert found(text) == [("E106", line, column)]


def test_a_mapping_in_braces() -> None:
    assert found("{extends: base, encoder_num_layers: 6}") == []


def test_the_whole_list_is_marked() -> None:
    assert marked("- extends: base\n- encoder_num_layers: 6  # comment\n") == [
        "- extends: base\n- encoder_num_layers: 6"
    ]
