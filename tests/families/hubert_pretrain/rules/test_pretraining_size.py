"""E257 pretraining-size."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


@pytest.mark.parametrize(
    "line", ["num_classes: 0", "final_dim: -1", "mask_length: 0", "mask_channel_length: 0", "mask_min_space: -1"]
)
def test_found(line: str) -> None:
    start = line.index(":") + 3
    assert found("E257", f"{BASE}{line}\n") == [f"2:{start}-2:{len(line) + 1}"]


@pytest.mark.parametrize("line", ["num_classes: 1", "mask_length: 1", "mask_channel_min_space: 0"])
def test_not_found(line: str) -> None:
    assert found("E257", f"{BASE}{line}\n") == []
