"""data2vec audio's configs in the words of Hugging Face and fairseq, read and written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.data2vec_audio.strategies import data2vec_configs
from tests.program import Runner
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import Config, ConfigError, ModelConfig, convert, load_config
from w2v_explore.config.dialects.columns import CONV
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.dialects.write import unwritable, write_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.data2vec_audio.dialects import HUGGINGFACE
from w2v_explore.families.data2vec_audio.fields import Data2VecAudioConfig

BASE = load_config("data2vec_audio_base").model
FAIRSEQ = {"_name": "data2vec_audio", "extractor_mode": "layer_norm", "pos_conv_depth": 5, "conv_pos": 95}


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


def refused(reading: Reading) -> list[str]:
    return [f"{problem.rule.code} {problem.key}" for problem in reading.problems]


def reread(model: ModelConfig, dialect: str) -> ModelConfig:
    """What reading gives of a config that was written; fairseq's stands for a teacher too, of which it warns."""
    text = write_config(Config(name="c", origin="c", model=model), dialect)
    reading = read_config(parse_document(Source("c", text.encode()), None))
    assert reading.model is not None
    translation = reading.document.translation
    assert (translation.dialect if translation else "w2v") == dialect
    return reading.model


@settings(max_examples=20)
@given(data2vec_configs())
def test_there_and_back_keeps_all_15_values(model: Data2VecAudioConfig) -> None:
    dialects = [name for name in ("w2v", "huggingface", "fairseq") if unwritable(model, name) is None]
    can_be_fairseqs = model.encoder_pos_conv_depth > 1 and model.encoder_pos_conv_kernel >= 3
    assert ("fairseq" in dialects) == can_be_fairseqs
    for one, other in itertools.product(dialects, repeat=2):
        assert reread(reread(model, one), other) == model


@pytest.mark.parametrize(
    ("to", "changes", "reason"),
    [
        ("torchaudio", {}, "torchaudio has no model of the architecture data2vec_audio"),
        ("fairseq", {"encoder_pos_conv_depth": 1}, "is 1, with which fairseq's data2vec_audio is a wav2vec2"),
        ("fairseq", {"encoder_pos_conv_kernel": 2}, "is 2, and fairseq has no less than 3"),
    ],
)
def test_what_a_program_cannot_say_is_refused(to: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        convert("data2vec_audio_base", to, overrides=changes)


@pytest.mark.slow
def test_the_defaults_are_those_of_transformers() -> None:
    import_torchaudio_models()
    import transformers

    defaults = transformers.Data2VecAudioConfig().to_dict()
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field != CONV:
            assert defaults[counterpart.names[0]] == counterpart.default, field
    reading = read({"model_type": "data2vec-audio"})
    assert reading.model is not None
    assert reading.model.conv_layers == BASE.conv_layers


@pytest.mark.slow
def test_what_transformers_itself_writes_is_known_field_by_field() -> None:
    import_torchaudio_models()
    import transformers

    @settings(max_examples=10)
    @given(data2vec_configs())
    def check(model: Data2VecAudioConfig) -> None:
        values = to_huggingface(model)
        written = transformers.Data2VecAudioConfig(**values).to_dict()
        reading = read({**written, "architectures": values["architectures"]})
        assert (reading.problems, reading.warnings) == ([], [])
        assert reading.model is not None
        # transformers writes the seven convolutions out where ours are null.
        assert {**reading.model.to_mapping(), CONV: None} == {**model.to_mapping(), CONV: None}
        assert reading.model.conv_layers == model.conv_layers

    check()


@pytest.mark.parametrize(
    ("name", "head", "remark"),
    [
        ("Data2VecAudioModel", None, None),
        ("Data2VecAudioForCTC", 32, None),
        ("Data2VecAudioForXVector", None, "its x-vector head is not counted"),
        ("Data2VecAudioForSequenceClassification", None, "its classification head is not counted"),
    ],
)
@pytest.mark.parametrize("model_type", ["data2vec-audio", None])
def test_each_class_of_transformers_is_read(
    name: str, head: int | None, remark: str | None, model_type: str | None
) -> None:
    reading = read({"model_type": model_type, "architectures": [name], "hidden_size": 96})
    assert reading.problems == []
    assert isinstance(reading.model, Data2VecAudioConfig)
    assert reading.model.aux_num_out == head
    assert [warning.message for warning in reading.warnings] == ([] if remark is None else [f"{name}: {remark}"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("add_adapter", True),
        ("hidden_act", "relu"),
        ("feat_extract_activation", "relu"),
        ("layer_norm_eps", 1e-6),
        ("feat_extract_norm", "group"),
        ("do_stable_layer_norm", True),
        ("conv_pos_batch_norm", True),
        ("architectures", ["Wav2Vec2Model"]),
    ],
)
def test_what_changes_the_architecture_is_refused(name: str, value: object) -> None:
    assert refused(read({"model_type": "data2vec-audio", name: value})) == [f"E280 {name}"]


@pytest.mark.parametrize(
    ("stated", "depth", "kernel"),
    [
        ({}, 5, 19),
        ({"pos_conv_depth": 4, "conv_pos": 18}, 4, 4),
        ({"pos_conv_depth": 7, "conv_pos": 8}, 7, 3),
    ],
)
def test_fairseq_shares_the_kernel_out_among_the_convolutions(stated: dict[str, Any], depth: int, kernel: int) -> None:
    model = read({"model": {**FAIRSEQ, **stated}}).model
    assert isinstance(model, Data2VecAudioConfig)
    assert (model.encoder_pos_conv_depth, model.encoder_pos_conv_kernel) == (depth, kernel)


def test_fairseq_has_a_projection_even_where_the_last_convolution_is_as_wide() -> None:
    reading = read({"model": {**FAIRSEQ, "encoder_embed_dim": 512, "encoder_attention_heads": 8}})
    assert reading.problems == []
    one = {"encoder_embed_dim": 512, "encoder_attention_heads": 8}
    # With one positional convolution it is of wav2vec 2.0's family, and of the same class of fairseq.
    assert read({"model": {"_name": "data2vec_audio", **one}}).problems == []
    assert refused(read({"model": {"_name": "wav2vec2", **one}})) == ["E280 encoder_embed_dim"]
    assert reading.model is not None
    assert "encoder_embed_dim: 512" in convert(reading.model, "fairseq").text


def test_fairseqs_default_kernel_is_shared_out_as_well() -> None:
    model = read({"model": {name: value for name, value in FAIRSEQ.items() if name != "conv_pos"}}).model
    assert model is not None
    assert model.encoder_pos_conv_kernel == 128 // 5


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"extractor_mode": "default"}, ["E280 extractor_mode"]),
        ({"extractor_mode": None}, ["E280 extractor_mode"]),
        ({"layer_norm_first": True}, ["E280 layer_norm_first"]),
        ({"pos_conv_depth": 0}, ["E245 pos_conv_depth"]),
        ({"conv_pos": "wide"}, ["E210 conv_pos"]),
    ],
)
def test_what_is_no_data2vec_of_fairseqs_is_refused(changes: dict[str, Any], problems: list[str]) -> None:
    assert refused(read({"model": {**FAIRSEQ, **changes}})) == problems


def test_a_data2vec_of_fairseqs_whose_extractor_is_not_stated_is_refused() -> None:
    stated = {name: value for name, value in FAIRSEQ.items() if name != "extractor_mode"}
    [problem] = read({"model": stated}).problems
    assert problem.message.startswith("model.extractor_mode is not stated, and only layer_norm can be read: the extr")


@pytest.mark.parametrize("stated", [{}, {"pos_conv_depth": 1}])
def test_a_data2vec_of_fairseqs_with_one_convolution_is_a_wav2vec2(stated: dict[str, Any]) -> None:
    reading = read({"model": {"_name": "data2vec_audio", "conv_pos": 95, **stated}})
    assert reading.problems == []
    assert reading.model is not None
    assert (reading.model.family.name, reading.model.encoder_pos_conv_kernel) == ("wav2vec2", 95)


def test_a_fine_tuned_one_of_fairseqs_is_read(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "ctc.yaml"
    assert (
        run("convert", "data2vec_audio_base", "--set", "aux_num_out=32", "--to", "fairseq", "-o", str(path)).code == 0
    )
    assert "_name: wav2vec_ctc" in path.read_text()
    assert load_config(str(path)).model == load_config("data2vec_audio_base", {"aux_num_out": 32}).model


def test_data2vec_2_is_refused_in_one_line(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "v2.yaml"
    path.write_text("model:\n  _name: data2vec_multi\n  depth: 12\n")
    found = run("summary", str(path))
    assert found.code == 2
    [line] = found.err.splitlines()
    assert "data2vec_multi" in line
    assert "its transformer has ALiBi" in line


@pytest.mark.parametrize(("to", "file"), [("huggingface", "config.json"), ("fairseq", "m.yaml"), ("w2v", "own.yaml")])
def test_a_written_file_is_the_preset(to: str, file: str, tmp_path: Path, run: Runner) -> None:
    path = tmp_path / file
    code, out, err = run("convert", "data2vec_audio_base", "--to", to, "-o", str(path))
    assert (code, out) == (0, "")
    assert "0 refused" in err
    assert load_config(str(path)).model == BASE
    assert "equal to the preset data2vec_audio_base" in run("identify", str(path)).out


def test_reports_say_which_family_it_is(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "data2vec-audio", "hidden_size": 96, "num_attention_heads": 8}')
    assert json.loads(run("identify", str(path), "--format", "json").out)["config"]["architecture"] == "data2vec_audio"
    assert re.search("^architecture +wav2vec2 +data2vec_audio$", run("compare", "base", str(path)).out, re.MULTILINE)
