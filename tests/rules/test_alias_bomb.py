"""E103 alias-bomb."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nextractor_conv_layer_config: &a [*a]\n", ["2:30-2:37"]),
        ("extends: base\nname: &a {b: *a}\n", ["2:7-2:17"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E103", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nname: &n mine\ndescription: *n\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E103", text) == []
