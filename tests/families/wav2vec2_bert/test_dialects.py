"""w2v-BERT 2.0's configs in the words of Hugging Face, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_bert.strategies import bert_configs
from tests.program import Runner
from tests.property.test_round_trips import reread
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ConfigError, convert, load_config
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.wav2vec2_bert.dialects import HUGGINGFACE
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig

PRESET = "w2v_bert_2"


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


@settings(max_examples=25)
@given(bert_configs())
def test_there_and_back_keeps_all_24_values(model: Wav2Vec2BertConfig) -> None:
    for one, other in (("huggingface", "w2v"), ("w2v", "huggingface"), ("huggingface", "huggingface")):
        assert reread(reread(model, one, forced=False), other, forced=True) == model


@pytest.mark.parametrize("to", ["fairseq", "torchaudio", "unilm", "python"])
def test_other_programs_have_no_such_model(to: str) -> None:
    with pytest.raises(ConfigError, match="has no model of the architecture wav2vec2_bert"):
        convert(PRESET, to)


@pytest.mark.slow
def test_the_defaults_are_those_of_transformers() -> None:
    import_torchaudio_models()
    import transformers

    defaults = transformers.Wav2Vec2BertConfig().to_dict()
    for field, counterpart in HUGGINGFACE.counterparts.items():
        # transformers writes out the width of the adapter, whether there is one or not.
        default = 1024 if field == "adapter_embed_dim" else counterpart.default
        assert defaults.get(counterpart.names[0]) == default, field
    written = read({**defaults, "architectures": ["Wav2Vec2BertModel"]})
    assert (written.problems, written.warnings) == ([], [])
    assert written.model == load_config(PRESET).model
    silent = read({"model_type": "wav2vec2-bert"}).model
    assert silent == load_config(PRESET, {"adapter_embed_dim": None}).model


@pytest.mark.parametrize(
    ("name", "head", "remark"),
    [
        ("Wav2Vec2BertModel", None, None),
        ("Wav2Vec2BertForCTC", 32, None),
        ("Wav2Vec2BertForXVector", None, "its x-vector head is not counted"),
    ],
)
def test_each_class_of_transformers_is_read(name: str, head: int | None, remark: str | None) -> None:
    reading = read({"vocab_size": 32, "output_hidden_size": 1024, "architectures": [name]})
    assert reading.problems == []
    assert reading.model == load_config(PRESET, {"aux_num_out": head}).model
    assert [warning.message for warning in reading.warnings] == ([] if remark is None else [f"{name}: {remark}"])


def test_positions_are_null_where_there_are_none() -> None:
    model = read({"model_type": "wav2vec2-bert", "position_embeddings_type": None}).model
    assert model is not None
    assert model.encoder_positions == "none"
    assert to_huggingface(model)["position_embeddings_type"] is None


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("position_embeddings_type", "abs", "E268"),
        ("hidden_act", "relu", "E264"),
        ("adapter_act", "tanh", "E273"),
        ("use_intermediate_ffn_before_adapter", True, "E271"),
        ("adapter_stride", 0, "E272"),
        ("conv_depthwise_kernel_size", 30, "E265"),
        ("rotary_embedding_base", 500_000, "E280"),
        ("layer_norm_eps", 1e-6, "E280"),
    ],
)
def test_what_changes_the_architecture_is_refused(name: str, value: object, found: str) -> None:
    reading = read({"model_type": "wav2vec2-bert", name: value})
    assert [f"{problem.rule.code} {problem.key}" for problem in reading.problems] == [f"{found} {name}"]


def test_the_published_name_is_the_preset_s(run: Runner) -> None:
    assert (
        "that is the Hugging Face hub's name for the preset w2v_bert_2" in run("summary", "facebook/w2v-bert-2.0").err
    )


def test_a_written_file_is_the_preset(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "config.json"
    assert run("convert", PRESET, "--to", "huggingface", "-o", str(path)).code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["hidden_act"] == "swish"
    assert PRESET in run("identify", str(path)).out
