"""A406 schema-directive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\n", ["1:1"]),
        ("# comment\n\nextends: base\n", ["3:1"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A406", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "# yaml-language-server: $schema=w2v-explore.schema.json\nextends: base\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A406", text) == []
