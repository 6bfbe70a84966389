"""How Hugging Face words the configs of wav2vec 2.0 in pre-training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_pretrain.strategies import pretrain_configs
from w2v_explore import ConfigError, ModelConfig, convert, load_config
from w2v_explore.config.dialects.huggingface import to_huggingface


def test_a_published_config_is_the_encoders_and_says_how_to_count_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(
        json.dumps({"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForPreTraining"], "vocab_size": 32})
    )
    config = load_config(path)
    assert config.model.family.name == "wav2vec2"
    [warning] = [each for each in config.warnings if each.rule.code == "W282"]
    assert warning.message == (
        "Wav2Vec2ForPreTraining: its quantiser and projections are not counted; "
        "a config with architecture: wav2vec2_pretrain counts them"
    )


@given(config=pretrain_configs())
@settings(max_examples=20)
def test_what_is_written_states_every_field(config: ModelConfig) -> None:
    written = to_huggingface(config)
    assert written["architectures"] == ["Wav2Vec2ForPreTraining"]
    assert (written["hidden_size"], written["codevector_dim"]) == (config.encoder_embed_dim, config.codevector_dim)
    assert written["mask_time_prob"] > 0
    assert "vocab_size" not in written


def test_fairseq_is_not_written() -> None:
    assert json.loads(convert("wav2vec2_pretrain_base", "huggingface").text)["num_codevector_groups"] == 2
    with pytest.raises(ConfigError, match="fairseq has no model of the architecture wav2vec2_pretrain"):
        convert("wav2vec2_pretrain_base", "fairseq")
