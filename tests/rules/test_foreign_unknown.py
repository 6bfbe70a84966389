"""W284 foreign-unknown."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec2\n  encoder_layer: 6\n", ["3:18-3:19"]),
        ('{"model_type": "wav2vec2", "num_hiden_layers": 6}', ["1:48-1:49"]),
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
