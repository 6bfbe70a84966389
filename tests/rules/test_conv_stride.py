"""E224 conv-stride: a convolution's stride is below 1."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, CONV, found, marked, messages


@pytest.mark.parametrize(
    ("layers", "column", "mark"),
    [
        ("[[512, 10, 0], [512, 3, 2]]", 41, "0"),
        ("[[512, 10, 5], [512, 3, 0]]", 54, "0"),
        ("[[512, 10, -1], [512, 3, 2]]", 41, "-1"),
        ("[[512, 10, 5], [512, 3, -512]]", 54, "-512"),
    ],
)
def test_below_1(layers: str, column: int, mark: str) -> None:
    text = f"{BASE}{CONV}: {layers}\n"
    assert found(text) == [("E224", 2, column)]
    assert marked(text) == [mark]


def test_each_layer_is_a_problem_of_its_own() -> None:
    text = f"{BASE}{CONV}:\n  - [512, 3, 0]\n  - [512, 3, 2]\n  - - 512\n    - 3\n    - 0\n"
    assert found(text) == [("E224", 3, 14), ("E224", 7, 7)]
    assert "the stride of extractor_conv_layer_config[0] is 0" in messages(text)[0]


@pytest.mark.parametrize("layers", ["[[1, 1, 1]]", "[[512, 10, 5], [512, 3, 2]]"])
def test_from_1_on(layers: str) -> None:
    assert found(f"{BASE}{CONV}: {layers}\n") == []
