"""E222 conv-shape: extractor_conv_layer_config is no list of [channels, kernel, stride]."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked, messages


@pytest.mark.parametrize(
    ("value", "column", "mark"),
    [
        ("512", 30, "512"),
        ("{a: [512, 10, 5]}", 30, "{a: [512, 10, 5]}"),
        ("'[(512, 10, 5)] * 2'", 30, "'[(512, 10, 5)] * 2'"),
        ("[(512, 10, 5)]", 30, "[(512, 10, 5)]"),
        ("[512, 10, 5]", 31, "512"),
        ("[[512, 10]]", 31, "[512, 10]"),
        ("[[512, 10, 5], [512, 3, 2, 1]]", 45, "[512, 3, 2, 1]"),
        ("[[512, 10, 5.0]]", 40, "5.0"),
        ("[['512', 10, 5]]", 32, "'512'"),
        ("[[512, true, 5]]", 37, "true"),
        ("[[512, 10, null]]", 41, "null"),
    ],
)
def test_wrong(value: str, column: int, mark: str) -> None:
    text = f"{BASE}{CONV}: {value}  # comment\n"
    assert {(code, line) for code, line, _ in found(text)} == {("E222", 2)}
    assert (found(text)[0][2], marked(text)[0]) == (column, mark)


def test_in_a_block_list_the_item_is_marked() -> None:
    text = f"{BASE}{CONV}:\n  - [512, 10, 5]\n  - [512, 3]\n  - - 512\n    - 3\n    - 2.0\n"
    assert found(text) == [("E222", 4, 5), ("E222", 7, 7)]
    assert marked(text) == ["[512, 3]", "2.0"]


@pytest.mark.parametrize("value", ["null", "[[512, 10, 5]]", "\n  - [512, 10, 5]\n  - [512, 3, 2]"])
def test_right(value: str) -> None:
    assert found(f"{BASE}{CONV}: {value}\n") == []


def test_at_most_1000_layers() -> None:
    assert found(f"{BASE}{CONV}: [{'[1, 1, 1], ' * 1_001}]\n") == [("E222", 2, 30)]


def test_fairseqs_expression_is_translated() -> None:
    (message,) = messages(f"{BASE}{CONV}: '[(512, 10, 5)] + [(512, 3, 2)] * 2'\n")
    assert message.endswith("; write [[512, 10, 5], [512, 3, 2], [512, 3, 2]]")
