"""E258 mask-other."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


@pytest.mark.parametrize("of", ["mask", "mask_channel"])
def test_the_shortest_span_is_no_longer_than_the_longest(of: str) -> None:
    text = f"{BASE}{of}_selection: uniform\n{of}_other: 21\n"
    start = len(of) + 9
    assert found("E258", text) == [f"3:{start}-3:{start + 2}"]
    assert found("E258", text.replace("21", "20")) == []
    assert found("E258", text.replace("uniform", "normal")) == []
