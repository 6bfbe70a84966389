"""E268 bert-positions."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("encoder_positions: shaw\n", "2:20-2:24"),
        ("encoder_positions: null\n", "2:20-2:24"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert found("E268", BASE + text) == [place]


@pytest.mark.parametrize("text", ["", "encoder_positions: none\n"])
def test_not_found(text: str) -> None:
    assert found("E268", BASE + text) == []
