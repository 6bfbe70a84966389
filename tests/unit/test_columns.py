"""Columns of a made-up family: how further fields, unilm's configs and other names are read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from w2v_explore import ModelConfig, convert, load_config
from w2v_explore.config import family
from w2v_explore.config.dialects.columns import Column, Counterpart, Guard, Kind
from w2v_explore.config.dialects.huggingface import class_of
from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE_CLASSES, HUGGINGFACE_REFUSED
from w2v_explore.config.dialects.programs import column_of
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import config_from_mapping
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source
from w2v_explore.errors import ConfigError
from w2v_explore.families.wav2vec2 import dialects

BIAS = Guard((True,), "the attention here has a bias by distance", is_wanted=True)
UNILM = dialects.FAIRSEQ.with_fields(kinds={}, refused={"relative_position_embedding": BIAS})
STATED = {"encoder_layers": 3, "relative_position_embedding": True, "dropout": 0.25, "conv_bias": True}


@pytest.fixture
def _unilm(monkeypatch: pytest.MonkeyPatch) -> None:
    """wav2vec 2.0 as a family of which unilm has models, with one field that only they have."""
    names = family.FAMILIES["wav2vec2"]._replace(unilm=("relative_position_embedding",))
    monkeypatch.setitem(family.FAMILIES, "wav2vec2", names)
    monkeypatch.setattr(dialects, "COLUMNS", {**dialects.COLUMNS, "unilm": UNILM})


def read(values: Mapping[str, Any], program: str | None = None) -> ModelConfig:
    return config_from_mapping(values, "c.json", program).model


@pytest.mark.usefixtures("_unilm")
@pytest.mark.parametrize("values", [STATED, {"cfg": STATED}, {"cfg": STATED, "model": {"encoder": 1}}])
def test_a_config_of_unilms_is_known_by_its_field(values: dict[str, Any]) -> None:
    config = config_from_mapping(values, "c.json")
    assert config.dialect == "unilm"
    assert (config.model.encoder_num_layers, config.model.encoder_dropout) == (3, 0.25)
    assert (config.model.encoder_embed_dim, config.model.extractor_conv_bias) == (768, True)
    assert config.model.aux_num_out is None


@pytest.mark.usefixtures("_unilm")
def test_what_names_its_model_is_fairseqs() -> None:
    document = parse_document(Source("c.json", json.dumps({**STATED, "_name": "wav2vec2"}).encode()))
    assert document.translation is not None
    assert document.translation.dialect == "fairseq"


@pytest.mark.usefixtures("_unilm")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (False, "relative_position_embedding is false, and only true can be read"),
        (None, "relative_position_embedding is null, and only true can be read"),
    ],
)
def test_another_value_than_the_harmless_one_is_refused(value: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read({**STATED, "relative_position_embedding": value})


@pytest.mark.usefixtures("_unilm")
def test_a_default_that_cannot_be_said_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    gated = {"gru_rel_pos": Guard((True,), "the bias here is gated", is_wanted=True)}
    monkeypatch.setitem(dialects.COLUMNS, "unilm", UNILM.with_fields(kinds={}, refused=gated))
    text = json.dumps({"cfg": STATED}, indent=1)
    problems = read_config(parse_document(Source("c.json", text.encode()))).problems
    assert [(problem.key, problem.place.line) for problem in problems] == [("gru_rel_pos", 2)]
    assert "cfg.gru_rel_pos is not stated, and only true can be read: the bias here is gated" in str(problems[0])


@pytest.mark.usefixtures("_unilm")
def test_a_config_is_written_as_unilms_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    column = dataclasses.replace(UNILM, constants={"relative_position_embedding": True})
    monkeypatch.setitem(dialects.COLUMNS, "unilm", column)
    model = load_config("large_lv60k", ["encoder_num_layers=2"]).model
    written = convert(model, "unilm")
    document = parse_document(Source("c.yaml", written.text.encode()))
    assert document.translation is not None
    assert document.translation.dialect == "unilm"
    assert read_config(document).model == model


@pytest.mark.usefixtures("_unilm")
def test_a_head_is_not_unilms() -> None:
    with pytest.raises(ConfigError, match="aux_num_out is 32, and unilm's models have no head; give --set aux_num_out"):
        convert("base", "unilm", overrides={"aux_num_out": 32})


@pytest.mark.parametrize("program", ["unilm", "huggingface"])
def test_what_a_program_has_no_model_of_is_not_written(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialects, "COLUMNS", {"fairseq": dialects.FAIRSEQ})
    with pytest.raises(ConfigError, match="has no model of the architecture wav2vec2"):
        convert("base", program)


def test_a_field_that_has_a_counterpart_is_refused_no_more() -> None:
    column: Column = dialects.HUGGINGFACE.with_fields(
        kinds={"wavlm": Kind("WavLMConfig")}, encoder_num_buckets=Counterpart(("num_buckets",), 320)
    )
    assert "num_buckets" in column.names
    assert column.refused.keys() == dialects.HUGGINGFACE.refused.keys() - {"num_buckets"}
    assert [*column.counterparts] == [*dialects.HUGGINGFACE.counterparts, "encoder_num_buckets"]
    assert [*column.kinds] == ["wavlm"]
    assert column_of("wav2vec2", "huggingface") is dialects.HUGGINGFACE


def test_a_class_of_another_architecture_than_the_model_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="WavLMModel is a class of wavlm, and model_type is wav2vec2; the two have"):
        read({"model_type": "wav2vec2", "architectures": ["WavLMModel"]})


@pytest.mark.parametrize("name", family.FAMILIES)
def test_classes_are_found_by_their_model_type(name: str) -> None:
    column = column_of(name, "huggingface")
    for model_type, kind in column.kinds.items() if column is not None else ():
        beginning = (kind.config or "").removesuffix("Config")
        for end in ("Model", "ForCTC", "WithMore"):
            assert class_of(f"{beginning}{end}") == class_of(f"TF{beginning}{end}") == (model_type, end)


def test_classes_that_are_listed_are_of_models_that_are_refused() -> None:
    assert set(HUGGINGFACE_CLASSES.values()) <= HUGGINGFACE_REFUSED.keys()
    for beginning, model_type in HUGGINGFACE_CLASSES.items():
        assert class_of(f"{beginning}Model") == (model_type, "Model")
