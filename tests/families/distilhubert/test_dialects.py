"""DistilHuBERT's configs and weights by the names of transformers and s3prl, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given, settings
from safetensors.torch import save_file

from tests.families.contract import shaken
from tests.families.distilhubert.model import HEADS, distilhubert_configs, reference, small, transformers_model
from tests.parity.test_model import waveforms
from tests.program import Runner
from tests.property.test_round_trips import reread
from w2v_explore import (
    ConfigError,
    ModelConfig,
    build_architecture,
    build_model,
    convert,
    export,
    identify,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.dialects.write import unwritable
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import key_tables
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.distilhubert.keys import KEYS
from w2v_explore.model.export import SEED

MARK = {"model_type": "hubert", "feat_proj_layer_norm": False}


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


@settings(max_examples=30)
@given(distilhubert_configs())
def test_there_and_back(model: ModelConfig) -> None:
    dialects = [name for name in ("w2v", "huggingface", "fairseq") if unwritable(model, name) is None]
    assert ("huggingface" in dialects) == (model.prediction_num_heads is None)
    # s3prl's models have these heads, and nothing that only transformers' have.
    plain = model.prediction_num_heads is not None and not model.extractor_conv_bias
    is_projected = model.conv_layers[-1][0] != model.encoder_embed_dim
    assert ("fairseq" in dialects) == (plain and is_projected and model.encoder_projection_dropout == 0.0)
    for one, other in product(dialects, repeat=2):
        assert reread(reread(model, one, forced=False), other, forced=True) == model


@pytest.mark.parametrize(
    ("changes", "dialect", "reason"),
    [
        (
            HEADS,
            "huggingface",
            "prediction_num_heads is 3, and Hugging Face's models of the architecture distilhubert all have null",
        ),
        ({}, "fairseq", "prediction_num_heads is null, and such a model of fairseq always has it"),
        (
            {"aux_num_out": 5},
            "fairseq",
            "aux_num_out is 5, and fairseq's models of the architecture distilhubert all have null",
        ),
        (
            {**HEADS, "extractor_conv_bias": True},
            "fairseq",
            "extractor_conv_bias is true, and fairseq's models of the architecture distilhubert all have false",
        ),
    ],
)
def test_what_a_program_cannot_say_is_refused(changes: dict[str, Any], dialect: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        convert(small(**changes), dialect)


DISTILLER: dict[str, Any] = {"encoder_layers": 2, "n_tasks": 2}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"task_emb_type": "add"}, "E280 task_emb_type"),
        ({"out_layer_type": "none"}, "E280 out_layer_type"),
        ({"out_layer_inter_dim": 512}, "E280 out_layer_inter_dim"),
        ({"activation_fn": "relu"}, "E280 activation_fn"),
        # s3prl asserts that they are as many.
        ({"pred_layer_id": [4, 8, 12]}, "E280 pred_layer_id"),
        ({"n_tasks": 12, "pred_layer_id": [4, 12]}, "E280 pred_layer_id"),
        ({"pred_layer_id": "[4, 12]"}, "E280 pred_layer_id"),
        ({"encoder_embed_dim": 512, "encoder_attention_heads": 8}, "E280 encoder_embed_dim"),
    ],
)
def test_what_of_s3prl_has_no_place_is_refused(changes: dict[str, Any], problem: str) -> None:
    reading = read({"distiller": {**DISTILLER, **changes}})
    assert [f"{found.rule.code} {found.key}" for found in reading.problems] == [problem]


def test_as_many_layers_are_named_as_are_predicted() -> None:
    reading = read({"distiller": {**DISTILLER, "pred_layer_id": [4, 12]}})
    assert reading.problems == []
    # Without n_tasks there are twelve.
    [problem] = read(
        {"distiller": {"encoder_layers": 2, "task_emb_type": "expand-last", "pred_layer_id": [4]}}
    ).problems
    assert problem.message == ("pred_layer_id is a list of 1, and n_tasks is 12; write as many entries, or that number")


def test_what_s3prl_leaves_out_has_its_defaults() -> None:
    model = read({"distiller": {"n_tasks": 2}}).model
    assert model is None  # no size is stated
    model = read({"distiller": DISTILLER}).model
    assert model is not None
    expected = load_config("distilhubert", {"prediction_num_heads": 2, "prediction_dim": 768})
    assert model == expected.model
    model = read({"distiller": {"encoder_layers": 3, "out_layer_type": "expand-last"}}).model
    assert model is not None
    assert model.prediction_num_heads == 12


def test_the_mark_alone_tells_it_from_hubert() -> None:
    values = to_huggingface(load_config("distilhubert").model)
    reading = read(values)
    assert reading.warnings == []
    assert reading.model == load_config("distilhubert").model
    assert identify(reading.model).nearest.equals == ("distilhubert",)
    plain = read({**values, "feat_proj_layer_norm": True}).model
    assert plain is not None
    assert plain.family.name == "wav2vec2"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({**MARK, "conv_pos_batch_norm": True}, "E280 conv_pos_batch_norm"),
        ({**MARK, "hidden_act": "relu"}, "E280 hidden_act"),
        # transformers' Wav2Vec2Config has no such field: whose it is, is for the user to say.
        ({"model_type": "wav2vec2", "feat_proj_layer_norm": False}, "E280 feat_proj_layer_norm"),
    ],
)
def test_what_has_no_place_is_refused(values: dict[str, Any], problem: str) -> None:
    assert [f"{found.rule.code} {found.key}" for found in read(values).problems] == [problem]


def test_a_plain_hubert_is_not_made_of_it() -> None:
    for dialect in ("unilm", "torchaudio"):
        with pytest.raises(ConfigError, match="has no model of the architecture distilhubert"):
            convert("distilhubert", dialect)


@pytest.mark.parametrize("changes", [{}, {"aux_num_out": 5}])
def test_weights_of_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    config = small(**changes)
    theirs: Any = shaken(transformers_model(config)).eval()
    theirs.save_pretrained(tmp_path)
    inspected = inspect_checkpoint(tmp_path / "model.safetensors")
    assert inspected.family.name == "distilhubert"
    assert inspected.missing == {}
    ours: Any = load_checkpoint(tmp_path).eval()
    x = waveforms(2, 3_000)
    with torch.no_grad():
        output = theirs(x)
        expected = output.logits if changes else output.last_hidden_state
        torch.testing.assert_close(ours(x)[0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("changes", [HEADS, {"prediction_num_heads": 1, "prediction_dim": 40}])
def test_weights_in_s3prls_names(tmp_path: Path, changes: dict[str, Any]) -> None:
    config = small(**changes)
    theirs = shaken(reference(config)).eval()
    state = theirs.state_dict()
    names = keys_in_dialect(state, KEYS, "fairseq", values=config.to_mapping(), weight_norm="weight_g")
    assert {"post_extract_proj.weight", "output_layer.0.weight", "encoder.pos_conv.0.weight_g"} <= names.keys()
    save_file({name: state[part.name].contiguous() for name, part in names.items()}, tmp_path / "s3prl.safetensors")
    inspected = inspect_checkpoint(tmp_path / "s3prl.safetensors")
    assert inspected.family.name == "distilhubert"
    assert {name: inspected.values[name] for name in changes} == changes
    ours = build_model(config)
    ours.load_state_dict(state)
    torch.testing.assert_close(ours.eval()(waveforms(1, 3_000)), theirs(waveforms(1, 3_000)))


@settings(max_examples=20)
@given(distilhubert_configs())
def test_our_names_come_back(model: ModelConfig) -> None:
    shapes = dict(build_architecture(model).state_dict_shapes())
    for dialect in ("huggingface", "fairseq"):
        if dialect == "huggingface" and model.prediction_num_heads is not None:
            continue
        if dialect == "fairseq" and model.aux_num_out is not None:
            continue
        names = keys_in_dialect(shapes, KEYS, dialect, values=model.to_mapping())
        read = translate_keys([*names], [KEYS])
        assert (read.dialect, read.unknown, read.extras) == (dialect, (), {})
        assert read.ours == names
    assert next(key_tables()) is not KEYS


def test_the_account_of_a_conversion_names_what_has_no_name(tmp_path: Path, run: Runner) -> None:
    config = tmp_path / "own.yaml"
    config.write_text("extends: distilhubert\nprediction_num_heads: 3\nprediction_dim: 768\nsample_rate: 8000\n")
    written = run("convert", str(config), "--to", "fairseq")
    assert written.code == 0
    assert "extractor_conv_bias" in written.err
    (tmp_path / "s3prl.yaml").write_text(written.out)
    again = load_config(str(tmp_path / "s3prl.yaml"))
    assert (again.model, again.sample_rate) == (load_config(str(config)).model, 8000)


def test_a_checkpoint_of_s3prl_is_a_config_and_weights(tmp_path: Path) -> None:
    config = small(**HEADS)
    theirs = shaken(reference(config)).eval()
    state = theirs.state_dict()
    names = keys_in_dialect(state, KEYS, "fairseq", values=config.to_mapping(), weight_norm="weight_g")
    distiller = yaml.safe_load(convert(config, "fairseq").text)["distiller"]
    content = {
        "Distiller": {name: state[part.name] for name, part in names.items()},
        "Config": {"distiller": distiller, "teacher": {"n_layers": 12}},
        "Step": 200_000,
    }
    path = tmp_path / "states.ckpt"
    torch.save(content, path)
    assert load_config(str(path)).model == config
    ours: Any = load_checkpoint(path).eval()
    x = waveforms(2, 3_000)
    with torch.no_grad():
        torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["UniSpeechSatModel", "Wav2Vec2ForCTC"])
def test_a_class_that_never_lacks_the_norm_is_of_another_architecture(name: str) -> None:
    values = {"model_type": "hubert", "architectures": [name], "feat_proj_layer_norm": False}
    [problem] = read(values).problems
    assert problem.message.startswith(f"{name} is a class of ")
    assert problem.message.endswith(", and model_type is hubert; the two have different architectures")


@pytest.mark.parametrize("changes", [{}, {"aux_num_out": 5}])
def test_a_folder_that_is_written_loads_in_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = export(small(**changes), "huggingface", tmp_path / "model").path
    theirs = type(transformers_model(small(**changes)))
    model, loading = theirs.from_pretrained(path, output_loading_info=True)
    assert not any(loading.values())
    torch.manual_seed(SEED)
    ours = build_model(small(**changes)).eval()
    x = waveforms(2, 3_000)
    with torch.no_grad():
        output = model.eval()(x)
        torch.testing.assert_close(ours(x)[0], output.logits if changes else output.last_hidden_state)


@pytest.mark.parametrize("field", ["n_tasks", "task_emb_type", "out_layer_type", "extractor_conv_feature_layers"])
def test_what_tells_s3prls_configs_tells_none_of_transformers(field: str) -> None:
    reading = read({"model_type": "hubert", field: "mine"})
    assert (reading.problems, reading.model) == ([], read({"model_type": "hubert"}).model)
