"""E271 bert-adapter-off."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("adapter_intermediate_ffn: true\n", "2:27-2:31"),
        ("add_adapter: false\nadapter_intermediate_ffn: true\n", "3:27-3:31"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert found("E271", BASE + text) == [place]


@pytest.mark.parametrize("text", ["add_adapter: true\nadapter_intermediate_ffn: true\n"])
def test_not_found(text: str) -> None:
    assert found("E271", BASE + text) == []
