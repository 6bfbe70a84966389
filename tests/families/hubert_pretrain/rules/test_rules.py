"""E255 pretraining-range, E256 mask-selection, E257 pretraining-size, E258 mask-other."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("E255", "mask_prob: 1.1"),
        ("E255", "mask_channel_prob: -0.1"),
        ("E255", "mask_other: -1"),
        ("E255", "feature_grad_mult: 1.0"),
        ("E255", "feature_grad_mult: 0"),
        ("E256", "mask_selection: fixed"),
        ("E256", "mask_channel_selection: null"),
        ("E257", "num_classes: 0"),
        ("E257", "mask_length: 0"),
        ("E257", "mask_channel_min_space: -1"),
    ],
)
def test_found(code: str, line: str) -> None:
    start = line.index(":") + 3
    assert found(code, f"{BASE}{line}\n") == [f"2:{start}-2:{len(line) + 1}"]


@pytest.mark.parametrize(
    "line", ["mask_prob: 1", "mask_prob: 0.0", "mask_other: 3", "feature_grad_mult: null", "mask_min_space: 0"]
)
def test_not_found(line: str) -> None:
    assert [code for code in ("E255", "E256", "E257", "E258") if found(code, f"{BASE}{line}\n")] == []


def test_the_shortest_span_is_no_longer_than_the_longest() -> None:
    text = f"{BASE}mask_selection: uniform\nmask_other: 21\n"
    assert found("E258", text) == ["3:13-3:15"]
    assert found("E258", text.replace("21", "20")) == []
    assert found("E258", text.replace("uniform", "normal")) == []
