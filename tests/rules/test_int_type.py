"""E210 int-type: a size or count is not a whole number."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked

SIZES = [
    "encoder_embed_dim",
    "encoder_pos_conv_kernel",
    "encoder_pos_conv_groups",
    "encoder_num_layers",
    "encoder_num_heads",
    "encoder_ff_interm_features",
    "aux_num_out",
]


@pytest.mark.parametrize("key", SIZES)
@pytest.mark.parametrize("value", ["12.0", "'12'", "true", "twelve", "1e1", "[12]", "{a: 12}", ".nan"])
def test_wrong(key: str, value: str) -> None:
    assert found(f"{BASE}{key}: {value}\n") == [("E210", 2, len(key) + 3)]


@pytest.mark.parametrize("value", ["12.0", "'12'", "[12]", "!!int x"])
def test_the_value_is_marked(value: str) -> None:
    text = f"{BASE}encoder_num_heads:   {value}  # comment\n"
    assert found(text) == [("E210", 2, 22)]
    assert marked(text) == [value]


@pytest.mark.parametrize("key", [key for key in SIZES if key != "aux_num_out"])
def test_null(key: str) -> None:
    assert found(f"{BASE}{key}: null\n") == [("E210", 2, len(key) + 3)]
    assert found(f"{BASE}{key}:\n") == [("E210", 2, len(key) + 2)]


@pytest.mark.parametrize(
    "line", ["aux_num_out: null", "aux_num_out: ~", "encoder_num_heads: 12", "encoder_num_heads: 0x10"]
)
def test_right(line: str) -> None:
    assert found(f"{BASE}{line}\n") == []
