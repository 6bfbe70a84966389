"""E223 conv-kernel: a convolution's kernel is below 1."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked, messages


@pytest.mark.parametrize(
    ("layers", "column", "mark"),
    [
        ("[[512, 0, 5], [512, 3, 2]]", 37, "0"),
        ("[[512, 10, 5], [512, 0, 2]]", 51, "0"),
        ("[[512, -1, 5], [512, 3, 2]]", 37, "-1"),
        ("[[512, 10, 5], [512, -512, 2]]", 51, "-512"),
    ],
)
def test_below_1(layers: str, column: int, mark: str) -> None:
    text = f"{BASE}{CONV}: {layers}\n"
    assert found(text) == [("E223", 2, column)]
    assert marked(text) == [mark]


def test_each_layer_is_a_problem_of_its_own() -> None:
    text = f"{BASE}{CONV}:\n  - [512, 0, 2]\n  - [512, 3, 2]\n  - - 512\n    - 0\n    - 2\n"
    assert found(text) == [("E223", 3, 11), ("E223", 6, 7)]
    assert "the kernel of extractor_conv_layer_config[0] is 0" in messages(text)[0]


@pytest.mark.parametrize("layers", ["[[1, 1, 1]]", "[[512, 10, 5], [512, 3, 2]]"])
def test_from_1_on(layers: str) -> None:
    assert found(f"{BASE}{CONV}: {layers}\n") == []
