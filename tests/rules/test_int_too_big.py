"""E214 int-too-big: a number is too large for any model."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("encoder_embed_dim: 2147483648", 20),
        ("encoder_pos_conv_kernel: 2147483648", 26),
        ("encoder_pos_conv_groups: 2147483648", 26),
        ("encoder_num_layers: 10001", 21),
        ("encoder_num_heads: 2147483648", 20),
        ("encoder_ff_interm_features: 3072307230723072307", 29),
        ("aux_num_out: 99999999999999999999999999", 14),
        (f"{CONV}: [[2147483648, 10, 5]]", 32),
        (f"{CONV}: [[512, 2147483648, 5]]", 37),
        (f"{CONV}: [[512, 10, 5], [512, 3, 2147483648]]", 54),
    ],
)
def test_too_big(line: str, column: int) -> None:
    text = f"{BASE}{line}\n"
    assert found(text) == [("E214", 2, column)]
    assert marked(text) == [line[column - 1 :].rstrip("]").split(",")[0]]


@pytest.mark.parametrize(
    "line", ["encoder_num_layers: 10000", "aux_num_out: 2147483647", f"{CONV}: [[512, 2147483647, 2147483647]]"]
)
def test_the_largest(line: str) -> None:
    assert found(f"{BASE}{line}\n") == []
