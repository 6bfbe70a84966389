"""E202 metadata-type: a key about the file has a value of the wrong type."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked


@pytest.mark.parametrize(
    "line",
    [
        "sample_rate: 16k",
        "sample_rate: 16000.0",
        "sample_rate: 0",
        "sample_rate: -16000",
        "sample_rate: 10000001",
        "sample_rate: true",
        "sample_rate: null",
        "name: 2024",
        "name: no",
        "family: [a, b]",
        "description: 1.5",
        "source: null",
        "published_parameters: 95000000",
        "budgets: 100M",
        "budgets: [parameters]",
    ],
)
def test_wrong(line: str) -> None:
    key, value = line.split(": ")
    assert found(f"{BASE}{line}  # comment\n") == [("E202", 2, len(key) + 3)]
    assert marked(f"{BASE}{line}  # comment\n") == [value]


@pytest.mark.parametrize("line", ["extends: 12", "extends: [base]", "extends: null", "extends: {base: 1}"])
def test_what_is_extended_is_named_by_a_text(line: str) -> None:
    assert found(f"{line}\nencoder_num_layers: 6\n") == [("E202", 1, 10)]


@pytest.mark.parametrize(
    "line",
    ["sample_rate: 1", "sample_rate: 10000000", "name: '2024'", "name: ''", "published_parameters: 95M", "budgets: {}"],
)
def test_right(line: str) -> None:
    assert found(f"{BASE}{line}\n") == []
