"""Configs with adapters in the words of Hugging Face, read and written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_adapters.strategies import adapters_configs
from tests.property.test_round_trips import reread
from w2v_explore import ConfigError, convert, identify, load_config
from w2v_explore.config.dialects.write import unwritable
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import config_from_mapping
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig

MMS = {
    "model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"], "hidden_size": 1280, "num_hidden_layers": 48,
    "num_attention_heads": 16, "intermediate_size": 5120, "feat_extract_norm": "layer", "do_stable_layer_norm": True,
    "conv_bias": True, "adapter_attn_dim": 16, "vocab_size": 154, "add_adapter": False, "adapter_kernel_size": 3,
    "adapter_stride": 2, "num_adapter_layers": 3, "output_hidden_size": 1280,
}  # fmt: skip


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


@settings(max_examples=20)
@given(adapters_configs())
def test_there_and_back_keeps_all_22_values_in_all_pairs(model: Wav2Vec2AdaptersConfig) -> None:
    has_any = model.add_adapter or model.encoder_adapter_features is not None
    dialects = ["w2v", "huggingface"] if has_any else ["w2v"]
    for one, other in itertools.product(dialects, repeat=2):
        assert reread(reread(model, one, forced=False), other, forced=True) == model
    assert (unwritable(model, "huggingface") is None) == has_any


def test_what_has_no_adapter_is_no_model_of_the_family_elsewhere() -> None:
    with pytest.raises(ConfigError, match=r"tells it from a model of wav2vec2, as add_adapter or adapter_attn_dim"):
        convert("mms_1b_all", "huggingface", overrides={"encoder_adapter_features": None})


@pytest.mark.parametrize(("program", "title"), [("fairseq", "fairseq"), ("torchaudio", "torchaudio")])
def test_others_have_no_such_model(program: str, title: str) -> None:
    with pytest.raises(ConfigError, match=f"{title} has no model of the architecture wav2vec2_adapters"):
        convert("mms_1b_all", program)


def test_the_published_config_has_the_presets_sizes() -> None:
    config = config_from_mapping(MMS, "c.json")
    preset = load_config("mms_1b_all").model
    chances = [name for name in preset.FIELDS if "drop" in name]
    assert config.model == type(preset)(
        **{**preset.to_mapping(), **{name: getattr(config.model, name) for name in chances}}
    )
    nearest = identify(config).nearest
    assert nearest.preset == "mms_1b_all"
    assert set(nearest.differences) == set(chances)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, Wav2Vec2Config),
        ({"add_adapter": None, "adapter_attn_dim": None}, Wav2Vec2Config),
        # What counts with add_adapter alone.
        ({"add_adapter": False, "output_hidden_size": 4, "num_adapter_layers": 9}, Wav2Vec2Config),
        ({"add_adapter": True}, Wav2Vec2AdaptersConfig),
        ({"adapter_attn_dim": 16}, Wav2Vec2AdaptersConfig),
    ],
)
def test_a_config_is_of_the_family_if_it_asks_for_an_adapter(stated: dict[str, Any], expected: type) -> None:
    for named in ({"model_type": "wav2vec2"}, {"architectures": ["Wav2Vec2ForCTC"]}):
        assert type(config_from_mapping({**named, **stated}, "c.json").model) is expected


def test_defaults_are_those_of_transformers() -> None:
    model = config_from_mapping({"model_type": "wav2vec2", "add_adapter": True}, "c.json").model
    own = [name for name in Wav2Vec2AdaptersConfig.FIELDS if name not in Wav2Vec2Config.FIELDS]
    assert {name: getattr(model, name) for name in own} == {
        "encoder_adapter_features": None, "add_adapter": True, "adapter_num_layers": 3, "adapter_kernel": 3,
        "adapter_stride": 2, "adapter_embed_dim": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"add_adapter": "yes"}, "E211 add_adapter"),
        ({"adapter_attn_dim": 0}, "E241 adapter_attn_dim"),
        ({"num_adapter_layers": 0}, "E242 num_adapter_layers"),
        ({"adapter_stride": 0}, "E243 adapter_stride"),
        ({"output_hidden_size": -1}, "E244 output_hidden_size"),
        ({"add_adapter": True, "adapter_stride": 2**31 - 1, "num_adapter_layers": 100}, "E214 num_adapter_layers"),
        (
            {"add_adapter": True, "adapter_kernel_size": 2**31 - 1, "num_adapter_layers": 100, "adapter_stride": 10**9},
            "E214 num_adapter_layers",
        ),
        ({"hidden_act": "relu"}, "E280 hidden_act"),
        ({"feat_proj_layer_norm": False}, "E280 feat_proj_layer_norm"),
    ],
)
def test_what_is_wrong_is_said_of_their_field(changes: dict[str, Any], expected: str) -> None:
    [problem] = read({**MMS, **changes}).problems
    assert f"{problem.rule.code} {problem.key}" == expected


@pytest.mark.parametrize(
    ("values", "what_null_is"),
    [
        ({"adapter_attn_dim": 0}, "no adapters in the layers"),
        ({"add_adapter": True, "output_hidden_size": 0}, "the width of the encoder"),
        ({"vocab_size": 0, "adapter_attn_dim": 16}, "no head"),
    ],
)
def test_each_size_says_what_null_stands_for(values: dict[str, Any], what_null_is: str) -> None:
    with pytest.raises(ConfigError, match=f" is 0; write a whole number from 1, or null for {what_null_is}"):
        config_from_mapping({"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"], **values}, "c.json")


def test_no_architecture_counts_what_pretraining_adds_to_a_model_with_adapters() -> None:
    values = {"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForPreTraining"]}
    for changes, is_counted in (({}, True), ({"adapter_attn_dim": 16}, False)):
        [warning] = config_from_mapping(values | changes, "c.json").warnings
        assert ("a config that extends wav2vec2_pretrain_base counts them" in warning.message) is is_counted
