"""Conformers' configs in the words of Hugging Face and fairseq, read and written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_conformer.strategies import conformer_configs
from tests.program import Runner
from tests.property.test_round_trips import reread
from tests.rules.helper import found
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import ConfigError, convert, load_config
from w2v_explore.config.dialects.columns import CONV
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.dialects.write import unwritable
from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.wav2vec2_conformer.dialects import HUGGINGFACE
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig

RELATIVE, ROTARY = "wav2vec2_conformer_rel_pos_large", "wav2vec2_conformer_rope_large"
PUBLISHED = {
    "model_type": "wav2vec2-conformer", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
    "intermediate_size": 4096, "feat_extract_norm": "layer", "conv_bias": True, "hidden_act": "swish",
    "codevector_dim": 768, "proj_codevector_dim": 768, "max_source_positions": 5000, "rotary_embedding_base": 10000,
}  # fmt: skip
"""What is known of transformers' large models."""
DROPOUTS = (
    "feat_proj_dropout", "attention_dropout", "activation_dropout", "hidden_dropout", "conformer_conv_dropout",
    "layerdrop",
)  # fmt: skip
LARGE = {
    "_name": "wav2vec2", "quantize_targets": True, "extractor_mode": "layer_norm", "layer_norm_first": True,
    "final_dim": 768, "encoder_layerdrop": 0.0, "dropout_input": 0.0, "dropout_features": 0.0, "dropout": 0.0,
    "attention_dropout": 0.0, "conv_bias": True, "encoder_layers": 24, "encoder_embed_dim": 1024,
    "encoder_ffn_embed_dim": 4096, "encoder_attention_heads": 16, "layer_type": "conformer", "attn_type": "espnet",
    "pos_enc_type": "rel_pos",
}  # fmt: skip
"""The model of fairseq's wav2vec2_conformer_large_librivox.yaml."""
CONFORMER = {"_name": "wav2vec2", "layer_type": "conformer", "attn_type": "espnet", "pos_enc_type": "rope"}


def read(values: Mapping[str, Any]) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json")))


def problems(reading: Reading) -> list[str]:
    return [f"{problem.rule.code} {problem.key}" for problem in reading.problems]


@settings(max_examples=25)
@given(conformer_configs())
def test_there_and_back_keeps_all_20_values_in_all_pairs(model: Wav2Vec2ConformerConfig) -> None:
    dialects = [name for name in ("w2v", "huggingface", "fairseq") if unwritable(model, name) is None]
    assert "huggingface" in dialects
    for one, other in itertools.product(dialects, repeat=2):
        assert reread(reread(model, one, forced=False), other, forced=True) == model


@pytest.mark.parametrize(
    ("to", "overrides", "reason"),
    [
        ("huggingface", {"encoder_layer_norm_first": False}, "Hugging Face's models of the .* all have true"),
        ("fairseq", {"encoder_activation": "gelu"}, "fairseq's models of the .* all have swish"),
        ("fairseq", {"encoder_positions": "none"}, "fairseq has no word; give --set encoder_positions=relative"),
        ("fairseq", {"encoder_conv_dropout": 0.1}, "fairseq has one dropout for both; give --set encoder_conv_dropout"),
        ("fairseq", {"encoder_embed_dim": 512}, "fairseq then builds no projection"),
        ("torchaudio", {}, "torchaudio has no model of the architecture wav2vec2_conformer"),
    ],
)
def test_what_a_program_cannot_say_is_refused(to: str, overrides: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        convert(RELATIVE, to, overrides=overrides)


@pytest.mark.slow
def test_the_defaults_are_those_of_transformers() -> None:
    import_torchaudio_models()
    import transformers

    defaults = transformers.Wav2Vec2ConformerConfig().to_dict()
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field != CONV and counterpart.names:
            assert defaults[counterpart.names[0]] == counterpart.default, field
    written = read({**defaults, "architectures": ["Wav2Vec2ConformerModel"]})
    assert (written.problems, written.warnings) == ([], [])
    assert written.model is not None
    # transformers writes out the seven convolutions.
    model = read({"model_type": "wav2vec2-conformer"}).model
    assert model is not None
    assert {**written.model.to_mapping(), CONV: None} == model.to_mapping()


@pytest.mark.parametrize(
    ("name", "head", "remark"),
    [
        ("Wav2Vec2ConformerModel", None, None),
        ("Wav2Vec2ConformerForCTC", 32, None),
        ("Wav2Vec2ConformerForPreTraining", None, "its quantiser and projections are not counted"),
        ("Wav2Vec2ConformerForXVector", None, "its x-vector head is not counted"),
    ],
)
def test_each_class_of_transformers_is_read(name: str, head: int | None, remark: str | None) -> None:
    reading = read({**PUBLISHED, **dict.fromkeys(DROPOUTS, 0.0), "vocab_size": 32, "architectures": [name]})
    assert reading.problems == []
    assert reading.model == load_config(RELATIVE, {"aux_num_out": head}).model
    assert [warning.message for warning in reading.warnings] == ([] if remark is None else [f"{name}: {remark}"])


@pytest.mark.parametrize(
    ("stated", "positions"), [({}, "relative"), ({"position_embeddings_type": None}, "none")], ids=["default", "null"]
)
def test_positions_are_null_where_there_are_none(stated: dict[str, Any], positions: str) -> None:
    reading = read({"model_type": "wav2vec2-conformer", **stated})
    assert reading.model is not None
    assert reading.model.encoder_positions == positions
    if stated:
        assert to_huggingface(reading.model)["position_embeddings_type"] is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("hidden_act", "relu", "E264"),
        ("position_embeddings_type", "relative_key", "E263"),
        ("conv_depthwise_kernel_size", 30, "E265"),
        ("rotary_embedding_base", 500_000, "E280"),
        ("feat_extract_activation", "relu", "E280"),
        ("layer_norm_eps", 1e-6, "E280"),
        ("add_adapter", True, "E280"),
    ],
)
def test_what_changes_the_architecture_is_refused(name: str, value: object, code: str) -> None:
    reading = read({"model_type": "wav2vec2-conformer", "position_embeddings_type": "rotary", name: value})
    assert problems(reading) == [f"{code} {name}"]


@pytest.mark.parametrize(("positions", "preset"), [("rel_pos", RELATIVE), ("rope", ROTARY)])
def test_fairseq_s_large_models_are_the_presets(positions: str, preset: str) -> None:
    reading = read({"model": {**LARGE, "pos_enc_type": positions}})
    assert reading.problems == []
    assert [warning.key for warning in reading.warnings] == ["quantize_targets"]
    assert reading.model == load_config(preset).model


def test_fairseq_s_base_model_has_its_norm_first() -> None:
    base = {**CONFORMER, "encoder_embed_dim": 768, "pos_enc_type": "rel_pos", "dropout_input": 0.1}
    model = read({"model": base}).model
    assert model is not None
    assert (model.encoder_layer_norm_first, model.encoder_conv_kernel, model.encoder_activation) == (False, 31, "swish")


def test_fairseq_has_one_dropout() -> None:
    model = read({"model": {**CONFORMER, "dropout": 0.3, "attention_dropout": 0.2, "activation_dropout": 0.4}}).model
    assert model is not None
    names = ("encoder_attention_dropout", "encoder_ff_interm_dropout", "encoder_conv_dropout", "encoder_dropout")
    assert [getattr(model, name) for name in names] == [0.3] * 4
    tuned = {"_name": "wav2vec_ctc", "dropout": 0.5, "attention_dropout": 0.2, "w2v_args": {"model": CONFORMER}}
    model = read({"model": tuned}).model
    assert model is not None
    assert [getattr(model, name) for name in names] == [0.5] * 4


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"attn_type": ""}, ["E280 attn_type"]),
        ({"attn_type": None, "pos_enc_type": "rel_pos"}, ["E280 attn_type"]),
        ({"pos_enc_type": "abs"}, ["E263 pos_enc_type"]),
        ({"pos_conv_depth": 5}, ["E280 pos_conv_depth"]),
    ],
)
def test_what_else_fairseq_s_conformers_can_be_is_refused(changes: dict[str, Any], codes: list[str]) -> None:
    assert problems(read({"model": {**CONFORMER, **changes}})) == codes


def test_what_fairseq_s_default_is_refused_of_is_said() -> None:
    reading = read({"model": {"_name": "wav2vec2", "layer_type": "conformer"}})
    assert [problem.message for problem in reading.problems] == [
        "model.pos_enc_type is not stated, and its default abs cannot be read; write rel_pos or rope",
        "model.attn_type is not stated, and only espnet can be read: the attention of conformers here is espnet's",
    ]


def test_an_order_of_norms_that_a_program_cannot_state_is_no_mistake() -> None:
    assert found("W305", '{"model_type": "wav2vec2-conformer"}') == []
    assert found("W305", "extends: wav2vec2_conformer_rel_pos_large\nextractor_mode: group_norm\n") == ["2:17-2:27"]


@pytest.mark.parametrize(("to", "file"), [("huggingface", "config.json"), ("fairseq", "m.yaml"), ("w2v", "own.yaml")])
def test_a_written_file_is_the_preset(to: str, file: str, tmp_path: Path, run: Runner) -> None:
    path = tmp_path / file
    assert run("convert", ROTARY, "--to", to, "-o", str(path)).code == 0
    assert load_config(str(path)).model == load_config(ROTARY).model
    assert ROTARY in run("identify", str(path)).out


def test_a_class_with_a_head_whose_size_nothing_says_is_asked_for_it() -> None:
    values = PUBLISHED | {"architectures": ["Wav2Vec2ConformerForCTC"]}
    reading = read(values)
    assert problems(reading) == ["E201 vocab_size"]
    assert (reading.problems[0].place.line, reading.problems[0].place.column) == (1, 1)
    assert reading.problems[0].message == (
        "vocab_size is not stated, and Wav2Vec2ConformerForCTC has a head of that size; write it, or give "
        "--set aux_num_out=32"
    )
    # transformers builds no such model either.
    import_torchaudio_models()
    import transformers

    with pytest.raises(ValueError, match="does not define the vocabulary size"):
        transformers.Wav2Vec2ConformerForCTC(transformers.Wav2Vec2ConformerConfig(num_hidden_layers=1))
