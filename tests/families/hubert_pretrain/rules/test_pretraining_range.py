"""E255 pretraining-range."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


@pytest.mark.parametrize(
    "line",
    ["mask_prob: 1.1", "mask_channel_prob: -0.1", "mask_other: -1", "feature_grad_mult: 1.0", "feature_grad_mult: 0"],
)
def test_found(line: str) -> None:
    start = line.index(":") + 3
    assert found("E255", f"{BASE}{line}\n") == [f"2:{start}-2:{len(line) + 1}"]


@pytest.mark.parametrize(
    "line", ["mask_prob: 1", "mask_prob: 0.0", "mask_other: 3", "feature_grad_mult: null", "feature_grad_mult: 0.5"]
)
def test_not_found(line: str) -> None:
    assert found("E255", f"{BASE}{line}\n") == []
