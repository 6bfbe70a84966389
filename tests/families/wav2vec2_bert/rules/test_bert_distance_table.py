"""W344 bert-distance-table."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "seconds", "places"),
    [
        # The weights are as many bytes as 24 tables of 614² vectors.
        (BASE, None, []),
        (BASE, 12.2, []),
        (BASE, 12.4, ["1:10-1:20"]),
        (BASE + "encoder_positions: relative_key\n", 30.0, ["2:20-2:32"]),
        (BASE + "encoder_positions: rotary\n", 30.0, []),
        (BASE, 0.01, []),
    ],
)
def test_the_duration_decides(text: str, seconds: float | None, places: list[str]) -> None:
    assert found("W344", text, seconds=seconds) == places
