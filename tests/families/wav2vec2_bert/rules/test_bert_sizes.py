"""E272 bert-sizes."""

import pytest

from tests.rules.helper import found

BASE = "extends: w2v_bert_2\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("feature_channels: 0\n", "2:19-2:20"),
        ("encoder_max_left: -1\n", "2:19-2:21"),
        ("adapter_stride: 0\n", "2:17-2:18"),
        ("adapter_embed_dim: 0\n", "2:20-2:21"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert found("E272", BASE + text) == [place]


@pytest.mark.parametrize("text", ["encoder_max_right: 0\n", "feature_channels: 1\n"])
def test_not_found(text: str) -> None:
    assert found("E272", BASE + text) == []
