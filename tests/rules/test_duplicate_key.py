"""E104 duplicate-key: a key is given twice."""

from __future__ import annotations

import pytest

from tests.rules.helper import found, marked, messages


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 6\nencoder_num_layers: 8\n", [(3, 1)]),
        ("extends: base\nextends: large\nextends: base\n", [(2, 1), (3, 1)]),
        ("extends: base\nname: a\n'name': b\n", [(3, 1)]),
        ("extends: base\nbudgets: {stride: 320, stride: 640}\n", [(2, 24)]),
    ],
)
def test_reported_at_the_later_key(text: str, places: list[tuple[int, int]]) -> None:
    assert found(text) == [("E104", line, column) for line, column in places]


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 6\n# encoder_num_layers: 8\n",
        "extends: base\nbudgets:\n  stride: {max: 320}\n  receptive_field: {max: 400}\n",
    ],
)
def test_given_once(text: str) -> None:
    assert found(text) == []


def test_the_first_is_named_and_the_later_key_marked() -> None:
    text = "extends: base\nencoder_num_layers: 6\n\nencoder_num_layers: 8\n"
    assert marked(text) == ["encoder_num_layers"]
    assert "given on line 2" in messages(text)[0]
