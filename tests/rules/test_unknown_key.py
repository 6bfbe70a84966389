"""E200 unknown-key."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layer: 3\n", ["2:1-2:18"]),
        ("extends: base\nencoder_layers: 3\n", ["2:1-2:15"]),
        ("extends: base\n<<: {a: 1}\n", ["2:1-2:3"]),
        ("extends: base\n? [a, b]\n: 1\n", ["2:3-2:9"]),
        ("extends: base\ncolour: red\n", ["2:1-2:7"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E200", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 3\n",
        "extends: base\nname: x\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E200", text) == []
