"""E225 conv-channels: a convolution has less than one channel."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked, messages


@pytest.mark.parametrize(
    ("layers", "column", "mark"),
    [
        ("[[0, 10, 5], [512, 3, 2]]", 32, "0"),
        ("[[512, 10, 5], [0, 3, 2]]", 46, "0"),
        ("[[-1, 10, 5], [512, 3, 2]]", 32, "-1"),
        ("[[512, 10, 5], [-512, 3, 2]]", 46, "-512"),
    ],
)
def test_below_1(layers: str, column: int, mark: str) -> None:
    text = f"{BASE}{CONV}: {layers}\n"
    assert found(text) == [("E225", 2, column)]
    assert marked(text) == [mark]


def test_each_layer_is_a_problem_of_its_own() -> None:
    text = f"{BASE}{CONV}:\n  - [0, 3, 2]\n  - [512, 3, 2]\n  - - 0\n    - 3\n    - 2\n"
    assert found(text) == [("E225", 3, 6), ("E225", 5, 7)]
    assert "the channels of extractor_conv_layer_config[0] is 0" in messages(text)[0]


@pytest.mark.parametrize("layers", ["[[1, 1, 1]]", "[[512, 10, 5], [512, 3, 2]]"])
def test_from_1_on(layers: str) -> None:
    assert found(f"{BASE}{CONV}: {layers}\n") == []
