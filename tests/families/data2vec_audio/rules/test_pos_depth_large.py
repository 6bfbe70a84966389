"""W341 pos-depth-large."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: data2vec_audio_base\nencoder_pos_conv_depth: 17\n", ["2:25-2:27"]),
        # A kernel of wav2vec 2.0's, in a config of Hugging Face's.
        ('{"model_type": "data2vec-audio",\n "num_conv_pos_embeddings": 128}', ["2:29-2:32"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W341", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: data2vec_audio_base\nencoder_pos_conv_depth: 16\n",
        '{"model_type": "data2vec-audio",\n "num_conv_pos_embeddings": 5}',
        '{"model_type": "wav2vec2",\n "num_conv_pos_embeddings": 128}',
    ],
)
def test_not_found(text: str) -> None:
    assert found("W341", text) == []
