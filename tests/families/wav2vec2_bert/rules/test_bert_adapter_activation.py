"""E273 bert-adapter-activation."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("adapter_activation: tanh\n", "2:21-2:25"),
        ("adapter_activation: silu\n", "2:21-2:25"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert found("E273", BASE + text) == [place]


@pytest.mark.parametrize("text", ["adapter_activation: gelu\n"])
def test_not_found(text: str) -> None:
    assert found("E273", BASE + text) == []
