"""E283 foreign-family."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    "text",
    [
        "name: wav2vec2_base\nmodel_family: wav2vec2\nmodel_arch: base\n",
        "model:\n  config_overrides:\n    encoder_config: {}\n",
        "supernet:\n  embed_dim: 768\n",
        "distiller:\n  encoder_layers: 2\n  n_tasks: 2\n",
    ],
)
def test_found(text: str) -> None:
    assert found("E283", text) == ["1:1"]


@pytest.mark.parametrize(
    "text", ["distiller:\n  encoder_layers: 2\n", "model:\n  _name: wav2vec2\n", "extends: base\n"]
)
def test_not_found(text: str) -> None:
    assert found("E283", text) == []
