"""How Hugging Face words the configs of wav2vec 2.0 in pre-training."""

from __future__ import annotations

import json
import re
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
        "a config that extends wav2vec2_pretrain_base counts them"
    )


@pytest.mark.parametrize("preset", ["wav2vec2_pretrain_base", "wav2vec2_pretrain_large_lv60k"])
def test_what_is_advised_counts_them(preset: str, tmp_path: Path) -> None:
    whole = load_config(preset).model
    path = tmp_path / "config.json"
    path.write_text(convert(preset, "huggingface").text)
    encoder = load_config(path)
    [warning] = encoder.warnings
    advised = re.search(r"extends (\w+) counts", warning.message)
    assert advised is not None
    fields = {name: value for name, value in encoder.model.to_mapping().items() if name in whole.FIELDS}
    stated = {name: value for name, value in whole.to_mapping().items() if name not in fields}
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps({"extends": advised[1], **fields, **stated}))
    assert load_config(own).model == whole


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
