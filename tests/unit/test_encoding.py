"""What stands in for characters that an encoding lacks."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

import w2v_explore
from w2v_explore.encoding import ERRORS, as_unicode, dump_json, fit

PACKAGE = Path(w2v_explore.__file__).parent


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("−37.81 M (−1.5 %)", "ascii", "-37.81 M (-1.5 %)"),
        ("−37.81 M × 2", "cp1252", "-37.81 M × 2"),
        ("12 µs ± 3 → 0–11 …", "latin-1", "12 µs ± 3 -> 0-11 ..."),
        ("12 µs ± 3 → 0–11 …", "ascii", "12 us +- 3 -> 0-11 ..."),
        ("│ ├ layers", "ascii", "| |-layers"),
        ("│ └ x", "ascii", "| `-x"),
        ("caf\udce9 Größe 模", "latin-1", "caf\\udce9 Größe \\u6a21"),
        ("caf\udce9 −1", "utf-8", "caf\\udce9 −1"),
        ("😀", "ascii", "\\U0001f600"),
    ],
)
def test_stand_ins(text: str, encoding: str, expected: str) -> None:
    assert fit(text, encoding) == expected


def test_every_sign_of_a_report_has_a_stand_in() -> None:
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    signs = set(re.findall(r"[^\x00-\x7f]", "".join(texts)))
    assert {sign for sign in signs if "\\" in fit(sign, "ascii")} <= {"è"}  # in names of people, in comments


@pytest.mark.parametrize("sign", "−–×·µ│█▏▌─")
def test_signs_that_stand_in_columns_keep_their_width(sign: str) -> None:
    assert len(fit(sign, "ascii")) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "utf-16"])
def test_json_is_the_same_document_on_a_stream_of_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"−é\\": ["×", "模", "😀", '"', "\x85\u2028"]}
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=ERRORS)
    monkeypatch.setattr(sys, "stdout", stream)
    text = dump_json(document)
    stream.write(text)
    stream.flush()
    written = stream.buffer.getvalue()  # type: ignore[attr-defined]
    monkeypatch.undo()
    assert json.loads(written.decode(encoding)) == document
    if encoding != "utf-16":
        assert json.loads(written) == document  # as programs read it, that know of UTF-8 alone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base", "base"),
        ("ü模😀", "ü模😀"),
        (os.fsdecode(b"caf\xe9 \xff"), r"caf\xe9 \xff"),
        ("\ud83d\udc80", r"\ud83d\x80"),
        ("\ud800\udfff", r"\ud800\udfff"),
    ],
)
def test_what_is_no_unicode_is_written_out(text: str, expected: str) -> None:
    assert as_unicode(text) == expected
    for indent in (None, 2):
        written = dump_json({text: [text, "\\"]}, indent)
        assert json.loads(written) == {expected: [expected, "\\"]}
        written.encode()
