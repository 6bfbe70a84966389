"""E280 foreign-refused."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec2\n  activation_fn: relu\n", ["3:18-3:22"]),
        ("model:\n  _name: multires_hubert\n", ["2:10-2:25"]),
        ('{"model_type": "hubert",\n "add_adapter": true,\n "hidden_act": "relu"}', ["2:17-2:21", "3:16-3:22"]),
        ('{"model_type": "sew-d"}', ["1:16-1:23"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E280", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _name: wav2vec2\n  activation_fn: gelu\n  pos_conv_depth: 1\n",
        '{"model_type": "hubert", "add_adapter": false, "feat_proj_layer_norm": true, "layer_norm_eps": 1e-05}',
        "extends: base\nhidden_act: relu\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E280", text) == []
