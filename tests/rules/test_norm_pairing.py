"""W305 norm-pairing."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_layer_norm_first: true\n", ["2:27-2:31"]),
        ("extends: base\nextractor_mode: layer_norm\n", ["2:17-2:27"]),
        ("extends: base\nencoder_layer_norm_first: true\nextractor_mode: group_norm\n", ["3:17-3:27"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W305", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\n",
        "extends: large_lv60k\n",
        "extends: base\nencoder_layer_norm_first: true\nextractor_mode: layer_norm\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W305", text) == []
