"""E100 yaml-syntax: the file is not readable as YAML."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked, messages


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("extends: base\nname: wav2vec 2.0: six layers\n", 2, 18),
        ("extends: base\nname: [a, b\n", 3, 1),
        ('extends: base\nname: "a\n', 3, 1),
        ("budgets:\n\tstride: 320\n", 2, 1),
        ("extends: base\nname: *small\n", 2, 7),
        ("extends: base\n---\nextends: large\n", 2, 1),
        (f"{BASE}{CONV}: [(512, 10, 5)] + [(512, 3, 2)] * 4\n", 2, 45),
    ],
)
def test_reading_stops(text: str, line: int, column: int) -> None:
    assert found(text) == [("E100", line, column)]


@pytest.mark.parametrize(
    "text",
    ["--- # one document\nextends: base\n...\n", "{extends: base}", f'{BASE}name: "wav2vec 2.0: six layers"\n'],
)
def test_readable(text: str) -> None:
    assert found(text) == []


def test_no_other_rule_runs_on_such_a_file() -> None:
    assert found("encoder_num_layers: 0\nname: a: b\n") == [("E100", 2, 8)]


def test_a_second_document_is_called_one() -> None:
    text = "extends: base\n---\nextends: large\n"
    assert marked(text) == ["-"]
    assert messages(text) == [
        "c.yaml:2:1: error E100 yaml-syntax: a second document starts here; write one config per file"
    ]
