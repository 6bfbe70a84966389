"""E105 explicit-tag."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nname: !!python/object/apply:os.system [ls]\n", ["2:7-2:43"]),
        ("extends: base\nencoder_dropout: !mine 0.1\n", ["2:18-2:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E105", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_dropout: !!float 0.1\n",
        "extends: base\nname: '!mine'\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E105", text) == []
