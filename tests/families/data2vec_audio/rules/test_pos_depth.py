"""E245 pos-depth."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("depth", [-1, 0])
def test_found(depth: int) -> None:
    text = f"extends: data2vec_audio_base\nencoder_pos_conv_depth: {depth}\n"
    assert found("E245", text) == [f"2:25-2:{25 + len(str(depth))}"]


@pytest.mark.parametrize("text", ["extends: data2vec_audio_base\nencoder_pos_conv_depth: 1\n", "extends: base\n"])
def test_not_found(text: str) -> None:
    assert found("E245", text) == []
