"""E274 search-space."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nsearch: {}\n", ["2:9-2:11"]),
        ("extends: base\nsearch:\n  encoder_layers: [6]\n", ["3:3-3:17"]),
        ("extends: base\nsearch:\n  encoder_num_layers: 6\n  encoder_dropout: []\n", ["3:23-3:24", "4:20-4:22"]),
        ("extends: base\nsearch:\n  encoder_num_layers:\n  - 6\n  - 4..2\n", ["5:5-5:9"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E274", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "extends: base\nsearch:\n  encoder_num_layers: 2..24:2\n  encoder_dropout: [0, 0.1]\n",
        # A value that no config may have breaks the rule of its field.
        "extends: base\nsearch:\n  encoder_num_layers: [0]\n",
        # Of another type, it breaks that of the keys about the file.
        "extends: base\nsearch: [encoder_num_layers]\n",
        # No space is held against what another config's may be.
        "extends: base\narchitecture: wavlm\nsearch: {x: 1}\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E274", text) == []
