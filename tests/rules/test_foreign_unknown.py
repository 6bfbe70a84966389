"""W284 foreign-unknown."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec2\n  my_loss_weight: 6\n", ["3:19-3:20"]),
        ("model:\n  _name: wav2vec2\n  text_encoder:\n    {}\n", ["4:5-4:7"]),
        ("model:\n  _name: wav2vec2\n  rel_pos: false\n", ["3:12-3:17"]),
        ("model:\n  _name: wav2vec2\n  my_dropout:\n    first: 0.1\n", ["3:3-3:13"]),
        ('{"model_type": "wav2vec2", "attention_type": "full"}', ["1:46-1:52"]),
        ('{"model_type": "wav2vec2", "id2accent": {"0": "uk", "1": "us"}}', ["1:41-1:63"]),
        ('{"model_type": "wav2vec2", "accent2id": {"uk": 0, "us": 1}}', ["1:41-1:59"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W284", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "task:\n  anything: 1\nmodel:\n  _name: wav2vec2\n  mask_prob: 0.6\n  latent_vars: 320\n",
        '{"model_type": "wav2vec2", "mask_time_prob": 0.1, "torch_dtype": "float16", "id2label": {"0": "a"}}',
    ],
)
def test_not_found(text: str) -> None:
    assert found("W284", text) == []
