"""E281 foreign-incomplete."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec_ctc\n  w2v_path: ???\n", ["3:13-3:16"]),
        ("model:\n  _name: hubert_ctc\n", ["2:10-2:20"]),
        ("model:\n  _name: wav2vec2\n  encoder_layers: ???\n", ["3:19-3:22"]),
        ("task:\n  _name: audio_finetuning\ncommon_eval:\n  path: null\n", ["1:1"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E281", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _name: wav2vec2\n  label_rate: ???\n",
        "model:\n  _name: wav2vec_ctc\n  w2v_path: ???\n  w2v_args:\n    model:\n      encoder_layers: 12\n",
        "name: ???\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E281", text) == []
