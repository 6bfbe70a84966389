"""E256 mask-selection."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


@pytest.mark.parametrize("line", ["mask_selection: fixed", "mask_channel_selection: null"])
def test_found(line: str) -> None:
    start = line.index(":") + 3
    assert found("E256", f"{BASE}{line}\n") == [f"2:{start}-2:{len(line) + 1}"]


@pytest.mark.parametrize("word", ["static", "uniform", "normal", "poisson"])
def test_not_found(word: str) -> None:
    assert found("E256", f"{BASE}mask_selection: {word}\n") == []
