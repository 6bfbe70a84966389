"""E101 encoding: the file is not UTF-8, or holds a character that YAML forbids."""

from __future__ import annotations

import pytest

from tests.rules.helper import found, messages


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ("extends: base\nname: modèle\n".encode("latin-1"), 2, 10),
        ("extends: base\nname: “base”\n".encode("cp1252"), 2, 7),
        ("# é 😀\nname: ".encode() + b"\xff\n", 2, 7),
        ("extends: base\n".encode("utf-16-le"), 1, 2),
        ("extends: base\n".encode("utf-16-be"), 1, 1),
        (b"extends: base\nname: a\0b\n", 2, 8),
        (b"extends: base\nname: \x1b[1mbold\n", 2, 7),
    ],
)
def test_refused_at_the_first_bad_character(content: bytes, line: int, column: int) -> None:
    assert found(content) == [("E101", line, column)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_accepted(encoding: str) -> None:
    assert found("extends: base\nname: modèle 😀\n".encode(encoding)) == []


def test_the_byte_is_named() -> None:
    (message,) = messages("name: modèle\n".encode("latin-1"))
    assert message == "c.yaml:1:10: error E101 encoding: byte 0xe8 is no UTF-8; save the file as UTF-8"
