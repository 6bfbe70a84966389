"""E105 explicit-tag: a value has a tag that means nothing in a config."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("name: !!python/str small", 7),
        ("name: !mine small", 7),
        ("!mine name: small", 1),
        ("extractor_conv_layer_config: [!!python/tuple [512, 10, 5]]", 31),
        ("budgets: !!python/dict {}", 10),
    ],
)
def test_refused(line: str, column: int) -> None:
    assert found(f"{BASE}{line}\n") == [("E105", 2, column)]


@pytest.mark.parametrize(
    "line", ["encoder_num_layers: !!int 6", "name: !!str 2024", "encoder_dropout: !!float 0", "name: '!mine'"]
)
def test_yamls_own_tags_are_understood(line: str) -> None:
    assert found(f"{BASE}{line}\n") == []


def test_tag_and_value_are_marked() -> None:
    assert marked(f"{BASE}name: !mine small  # comment\n") == ["!mine small"]


def test_a_python_call_is_not_made_and_its_value_no_number() -> None:
    text = f"{BASE}encoder_num_layers: !!python/object/apply:os.cpu_count []\n"
    assert found(text) == [("E105", 2, 21), ("E210", 2, 21)]
