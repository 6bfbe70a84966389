"""E285 foreign-unread."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec2\n  encoder_layer: 6\n", ["3:18-3:19"]),
        ("model:\n  _name: hubert\n  use_rel_pos_enc: true\n", ["3:20-3:24"]),
        ("model:\n  _name: hubert\n  reuse_pattern: [1, 2]\n", ["3:18-3:24"]),
        ("model:\n  _name: hubert\n  text_transformer:\n    depth: 6\n", ["3:3-3:19"]),
        ("model:\n  _name: hubert\n  attention: linear\n", ["3:14-3:20"]),
        ("model:\n  _name: hubert\n  share_layer_weight: true\n", ["3:23-3:27"]),
        ("model:\n  _name: wav2vec_ctc\n  lora_rank: 8\n  w2v_args: {model: {encoder_layers: 6}}\n", ["3:14-3:15"]),
        ("model:\n  _name: wav2vec_ctc\n  w2v_args: {model: {encoder_layers: 6, n_experts: 4}}\n", ["3:52-3:53"]),
        ("encoder_layers: 6\nmodel:\n  _name: wav2vec2\n", ["1:17-1:18"]),
        ('{"model_type": "wav2vec2", "num_hiden_layers": 6}', ["1:48-1:49"]),
        ('{"model_type": "wav2vec2", "use_conformer": true}', ["1:45-1:49"]),
        ('{"model_type": "wav2vec2", "layer_widths": [768, 512]}', ["1:44-1:54"]),
        ('{"model_type": "wav2vec2", "audio_config": {"width": 1024}}', ["1:44-1:59"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E285", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _name: hubert\n  use_rel_pos_enc: false\n  reuse_pattern: []\n  text_transformer: null\n",
        "model:\n  _name: hubert\n  my_loss_weight: 2\n  relu_dropout: 0.1\n  speaker_file: a.txt\n  x: None\n",
        "task:\n  text_transformer: {depth: 6}\nmodel:\n  _name: hubert\n",
        "on: false\nmodel:\n  _name: hubert\n  use_rel_pos_enc: ${on}\n",
        '{"model_type": "wav2vec2", "attention_type": "full", "x": 0, "y": [], "z": {}, "gate_loss_weight": 0.5}',
    ],
)
def test_not_found(text: str) -> None:
    assert found("E285", text) == []
