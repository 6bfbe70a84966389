"""A402 ff-four-times."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_ff_interm_features: 2048\n", ["2:29-2:33"]),
        ("extends: base\nencoder_embed_dim: 384\n", ["2:20-2:23"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A402", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_ff_interm_features: 3072\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A402", text) == []
