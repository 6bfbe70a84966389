"""E101 encoding."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (b"extends: base\nname: M\xfcller\n", ["2:8-2:9"]),
        (b"extends: base\nname: a\x00b\n", ["2:8-2:9"]),
        (b"e\x00x\x00t\x00e\x00n\x00d\x00s\x00:\x00 \x00b\x00a\x00s\x00e\x00\n\x00", ["1:2-1:3"]),
    ],
)
def test_found(text: bytes, places: list[str]) -> None:
    assert found("E101", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nname: Müller\n",
        b"\xef\xbb\xbfextends: base\n",
        b"\xff\xfee\x00x\x00t\x00e\x00n\x00d\x00s\x00:\x00 \x00b\x00a\x00s\x00e\x00\n\x00",
    ],
)
def test_not_found(text: str | bytes) -> None:
    assert found("E101", text) == []
