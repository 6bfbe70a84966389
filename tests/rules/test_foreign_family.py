"""E283 foreign-family."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    "text",
    [
        "name: my_model\nmodel_family: wav2vec2\nmodel_arch: my_arch\n",
        "model:\n  config_overrides:\n    encoder_config: {}\n",
        "supernet:\n  embed_dim: 768\n",
        "model:\n  family: nllb\n  arch: base\n",
        "model:\n  arch: large_conformer\ntrainer: {}\n",
    ],
)
def test_found(text: str) -> None:
    assert found("E283", text) == ["1:1"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("model:\n  _target_: net.Encoder\n  encoder_layers: 12\n", "2:13-2:24"),
        ("model:\n  class_path: net.Encoder\n  init_args: {encoder_layers: 12}\ntask: {}\n", "2:15-2:26"),
        ("model:\n  final_dim: 256\n  encoder:\n    layers: {number: 24, width: 1024}\n", "3:3-3:10"),
        ("model:\n  encoder_layers: 12\n  transformer: {d_model: 1024}\n", "3:16-3:31"),
        ("encoder_layerdrop: 0.1\nd_model: 1024\n", "2:10-2:14"),
        ("encoder_layers: 12\nencoder_embed_dim: 512\ndecoder_layers: 6\n", "3:17-3:18"),
        ('{"feat_extract_norm": "layer", "encoder_layers": 24, "d_model": 1024}', "1:65-1:69"),
        ('{"conv_dim": [512], "hidden_size": 768, "_target_": "x.Y"}', "1:53-1:58"),
    ],
)
def test_found_where_a_size_has_another_name(text: str, place: str) -> None:
    assert found("E283", text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "distiller:\n  encoder_layers: 2\n  enable_tr_layer: false\n",
        "distiller:\n  encoder_layers: 2\n  n_tasks: 2\n",
        "model:\n  _name: wav2vec2\n",
        "extends: base\n",
        "arch: wav2vec2\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E283", text) == []
