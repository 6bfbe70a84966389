"""A403 pos-conv-convention."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_pos_conv_kernel: 96\n", ["2:26-2:28"]),
        ("extends: base\nencoder_pos_conv_kernel: 127\nencoder_pos_conv_groups: 8\n", ["2:26-2:29", "3:26-3:27"]),
        ("extends: data2vec_audio_base\nencoder_pos_conv_kernel: 128\n", ["2:26-2:29"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A403", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_pos_conv_kernel: 128\nencoder_pos_conv_groups: 16\n",
        "extends: data2vec_audio_base\nencoder_pos_conv_kernel: 19\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("A403", text) == []
