"""omniASR's configs in the words of transformers, read and written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from tests.families.omniasr.strategies import omniasr_configs
from tests.property.test_round_trips import reread
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ConfigError, ModelConfig, analyze, convert, identify, load_config
from w2v_explore.config.dialects.columns import CONV, HEAD
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.document import parse_document
from w2v_explore.config.model_names import find_model
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.omniasr.dialects import HUGGINGFACE
from w2v_explore.families.omniasr.fields import OmniASRConfig

ENCODER = load_config("omniasr_300m").model
INNER = {"model_type": "omniasr_audio", "hidden_size": 1024}


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


@settings(max_examples=10)
@given(omniasr_configs())
def test_there_and_back_keeps_all_13_values(model: OmniASRConfig) -> None:
    for one, other in itertools.product(("w2v", "huggingface"), repeat=2):
        assert reread(reread(model, one, forced=False), other, forced=True) == model


@pytest.mark.parametrize("program", ["fairseq", "torchaudio", "unilm", "python"])
def test_other_programs_have_no_such_model(program: str) -> None:
    with pytest.raises(ConfigError, match="has no model of the architecture omniasr"):
        convert("omniasr_300m", program)


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    """Imported once torchaudio's stand-in is there: transformers looks for it."""
    import transformers

    return transformers


@pytest.mark.slow
def test_the_defaults_are_those_of_transformers(transformers: ModuleType) -> None:
    defaults = {**transformers.OmniASRAudioConfig().to_dict(), "vocab_size": transformers.OmniASRCTCConfig().vocab_size}
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field != CONV:
            assert defaults[counterpart.names[0]] == counterpart.default, field
    reading = read({"model_type": "omniasr_audio"})
    assert reading.model is not None
    assert reading.model.conv_layers == ENCODER.conv_layers
    assert identify(reading.model).nearest.equals == ("omniasr_300m",)


@pytest.mark.slow
@settings(max_examples=10)
@given(omniasr_configs())
def test_what_transformers_itself_writes_is_known_field_by_field(model: OmniASRConfig) -> None:
    import_torchaudio_models()
    import transformers

    values = to_huggingface(model)
    has_head = model.aux_num_out is not None
    assert values["architectures"] == ["OmniASRForCTC" if has_head else "OmniASRAudioModel"]
    kind = transformers.OmniASRCTCConfig if has_head else transformers.OmniASRAudioConfig
    reading = read({**kind(**values, pad_token_id=None).to_dict(), "architectures": values["architectures"]})
    assert (reading.problems, reading.warnings) == ([], [])
    assert reading.model is not None
    # transformers writes the seven convolutions out where ours are null.
    assert {**reading.model.to_mapping(), CONV: None} == {**model.to_mapping(), CONV: None}
    assert reading.model.conv_layers == model.conv_layers


@pytest.mark.parametrize(
    ("around", "head"),
    [
        ({"model_type": "omniasr_ctc", "architectures": ["OmniASRForCTC"], "vocab_size": 9812}, 9812),
        ({"model_type": "omniasr_ctc", "architectures": ["OmniASRCTCModel"], "vocab_size": 9812}, None),
        ({"model_type": "omniasr", "architectures": ["OmniASRForConditionalGeneration"]}, None),
    ],
    ids=["ctc", "ctc_without_head", "language_model"],
)
def test_the_encoder_is_read_in_the_models_that_hold_it(around: dict[str, Any], head: int | None) -> None:
    reading = read({**around, "audio_config": INNER})
    assert reading.problems == []
    assert reading.model == type(ENCODER)(**{**ENCODER.to_mapping(), HEAD: head})


@pytest.mark.slow
def test_without_a_class_the_model_is_that_of_auto_model() -> None:
    import_torchaudio_models()
    import transformers

    values = {"model_type": "omniasr_ctc", "vocab_size": 9812, "audio_config": INNER}
    reading = read(values)
    assert [(warning.rule.code, warning.message) for warning in reading.warnings] == [
        (
            "W282",
            "architectures names no class: the model below `audio_config` is read alone, as transformers' AutoModel "
            "builds it; write [OmniASRForCTC] for the head as well",
        )
    ]
    with torch.device("meta"):
        theirs = transformers.AutoModel.from_config(transformers.OmniASRCTCConfig(**values))
    assert reading.model is not None
    assert analyze(reading.model).parameters == theirs.num_parameters()
    with_head = read({**values, "architectures": ["OmniASRForCTC"]})
    assert with_head.warnings == []
    assert with_head.values[HEAD] == 9812


def test_the_sample_rate_of_a_model_with_a_head_comes_back() -> None:
    text = convert("omniasr_ctc_1b", "huggingface", overrides={"sample_rate": 8000}).text
    assert json.loads(text)["audio_config"]["sampling_rate"] == 8000
    reading = read(json.loads(text))
    assert (reading.sample_rate, reading.model) == (8000, load_config("omniasr_ctc_1b").model)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"hidden_act": "relu"}, ["E280 hidden_act"]),
        ({"layer_norm_eps": 1e-6}, ["E280 layer_norm_eps"]),
        ({"num_conv_pos_embeddings": 127}, ["E290 num_conv_pos_embeddings"]),
        ({"num_conv_pos_embedding_groups": 15}, ["E233 num_conv_pos_embedding_groups"]),
        ({"architectures": ["Wav2Vec2Model"]}, ["E280 architectures"]),
    ],
)
def test_what_the_model_cannot_have_is_refused(values: dict[str, Any], problems: list[str]) -> None:
    reading = read({"model_type": "omniasr_audio", **values})
    assert [f"{problem.rule.code} {problem.key}" for problem in reading.problems] == problems


def test_a_model_type_is_told_by_its_class() -> None:
    model: ModelConfig | None = read({"architectures": ["OmniASRAudioModel"], "hidden_size": 1024}).model
    assert model == ENCODER


@pytest.mark.parametrize(
    ("values", "preset", "remark"),
    [
        ({"model": {"name": "omniASR_CTC_300M"}, "dataset": {}}, "omniasr_ctc_300m", "it"),
        ({"model": {"name": "omniASR_W2V_7B"}}, "omniasr_7b", "its positional convolution has a weight norm there"),
        ({"model": {"name": "omniASR_LLM_Unlimited_1B_v2"}}, "omniasr_1b", "its language model is not counted"),
        ({"name": "mine", "model_family": "wav2vec2_asr", "model_arch": "3b_v2"}, "omniasr_ctc_3b_v2", "it"),
    ],
)
def test_fairseq2s_names_of_models_are_presets(values: dict[str, Any], preset: str, remark: str) -> None:
    reading = read(values)
    assert (reading.problems, reading.model) == ([], load_config(preset).model)
    [warning] = reading.warnings
    assert f": {remark}" in warning.message


def test_what_fairseq2_states_of_a_layer_that_is_not_here_is_passed_over() -> None:
    overrides = {"encoder_config": {"first_pass_dropout_p": 0.3, "layer_drop_p": 0.0}}
    reading = read({"model": {"name": "omniASR_W2V_1B", "config_overrides": overrides}})
    assert reading.model == load_config("omniasr_1b", {"encoder_layer_drop": 0.0}).model


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("facebook/omniASR-CTC-1B", "omniasr_ctc_1b"),
        ("omniASR_CTC_1B_v2", "omniasr_ctc_1b_v2"),
        ("omniASR-W2V-300M.pt", "omniasr_300m"),
    ],
)
def test_published_names_stand_for_presets(name: str, preset: str) -> None:
    known = find_model(name)
    assert known is not None
    assert known.preset == preset


CTC = {"model_type": "omniasr_ctc", "architectures": ["OmniASRForCTC"], "audio_config": INNER}


@pytest.mark.slow
@pytest.mark.parametrize("inner", [INNER, {"hidden_size": 1024}])
def test_what_a_model_with_a_head_does_not_state_is_transformers_default(
    transformers: ModuleType, inner: dict[str, Any]
) -> None:
    config = transformers.OmniASRCTCConfig(**{**CTC, "audio_config": dict(inner)})
    reading = read(CTC | {"audio_config": inner})
    assert (reading.problems, reading.warnings) == ([], [])
    assert reading.model == type(ENCODER)(**{**ENCODER.to_mapping(), HEAD: config.vocab_size})


@pytest.mark.parametrize("size", [None, "9812", 9812.0, True, [9812]])
def test_a_head_of_no_size_is_none_without_a_word(size: object) -> None:
    [problem] = read(CTC | {"vocab_size": size}).problems
    assert problem.key == "vocab_size"


def test_the_class_of_the_model_around_is_none_of_the_encoders() -> None:
    [problem] = read(INNER | {"architectures": ["OmniASRForCTC"], "vocab_size": 5}).problems
    assert problem.message == (
        "OmniASRForCTC is a class of omniasr_ctc, which holds such a model below `audio_config`; write that, or the "
        "class of the model alone"
    )
