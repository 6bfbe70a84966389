"""From each dialect to each other and back: all 16 values survive, whatever the config."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings

from tests.strategies import configs
from w2v_explore import ModelConfig, convert, load_config, preset_names
from w2v_explore.config.conv_expression import parse_conv_expression
from w2v_explore.config.dialects.write import WRITERS, conv_expression, unwritable, write_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.family import FAMILIES
from w2v_explore.config.kinds import MAX_CONV_LAYERS, MAX_SIZE, STANDARD_CONV_LAYERS
from w2v_explore.config.load import Config
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source

DIALECTS = [name for name in WRITERS if name != "python"]
BASE = load_config("base").model.to_mapping()


def reread(model: ModelConfig, dialect: str, forced: bool) -> ModelConfig:
    """What reading gives of a config that was written."""
    text = write_config(Config(name="c", origin="c", model=model), dialect)
    reading = read_config(parse_document(Source("c", text.encode()), dialect if forced else None))
    assert reading.problems == []
    assert reading.warnings == []
    assert reading.model is not None
    translation = reading.document.translation
    assert (translation.dialect if translation else "w2v") == dialect
    return reading.model


@pytest.mark.slow
@settings(max_examples=60)
@given(configs())
@example(ModelConfig(**BASE | {"extractor_conv_layer_config": STANDARD_CONV_LAYERS}))
@example(ModelConfig(**BASE | {"encoder_dropout": 1e-05, "encoder_layer_drop": 1.0, "aux_num_out": 1}))
@example(ModelConfig(**BASE | {"encoder_dropout": 0, "encoder_layer_drop": 1, "aux_num_out": MAX_SIZE}))
def test_there_and_back_keeps_all_16_values_in_all_pairs(model: ModelConfig) -> None:
    writable = [name for name in DIALECTS if unwritable(model, name) is None]
    assert set(DIALECTS) - set(writable) <= {"fairseq", "unilm"}
    for one, other in itertools.product(writable, repeat=2):
        there = reread(model, one, forced=False)
        assert there == model
        assert reread(there, other, forced=True).to_mapping() == model.to_mapping()


def test_every_preset_comes_back_or_says_what_is_not_counted() -> None:
    # What docs/dialects.md says of all families.
    lost = set()
    for preset, dialect in itertools.product(preset_names(), DIALECTS):
        model = load_config(preset).model
        if unwritable(model, dialect) is not None:
            assert dialect != "w2v"
            continue
        text = convert(preset, dialect).text
        reading = read_config(parse_document(Source("c", text.encode(), "c")))
        assert reading.problems == []
        if reading.model != model:
            assert FAMILIES[model.family.name].counts
            lost.add((model.family.name, dialect))
            assert reading.values == {name: model.to_mapping().get(name) for name in reading.values}
            assert [f"{warning.rule.code} {warning.key}" for warning in reading.warnings] == ["W282 architectures"]
    assert lost == {("wav2vec2_pretrain", "huggingface")}


def test_only_a_transformer_as_wide_as_the_last_convolution_cannot_be_fairseq_s() -> None:
    model = ModelConfig(**BASE | {"encoder_embed_dim": 512, "encoder_num_heads": 8})
    found = unwritable(model, "fairseq")
    assert found is not None
    assert found[0] == "encoder_embed_dim"
    with pytest.raises(ValueError, match="builds no projection"):
        write_config(Config(name="c", origin="c", model=model), "fairseq")


@given(configs())
def test_an_expression_says_the_layers_it_was_made_of(model: ModelConfig) -> None:
    assert parse_conv_expression(conv_expression(model.conv_layers)) == model.conv_layers


def test_the_longest_and_largest_expression_is_read_again() -> None:
    layers = tuple((MAX_SIZE - number % 2, MAX_SIZE, MAX_SIZE) for number in range(MAX_CONV_LAYERS))
    assert parse_conv_expression(conv_expression(layers)) == layers
    runs = tuple((512, 3, 1 + number // 4 % 2) for number in range(MAX_CONV_LAYERS))
    assert parse_conv_expression(conv_expression(runs)) == runs


@pytest.mark.slow
def test_the_python_call_builds_the_same_model_here_and_in_torchaudio(torchaudio_models: ModuleType) -> None:
    import w2v_explore

    for name in ("asr_base_960h", "base"):
        config = load_config(name, ["encoder_num_layers=1", "extractor_conv_layer_config=[[8, 10, 5], [16, 3, 2]]"])
        text = write_config(config, "python")
        assert text.startswith("from torchaudio.models import wav2vec2_model\n")
        call = text.partition("\n\n")[2]
        shapes = []
        for function in (torchaudio_models.wav2vec2_model, w2v_explore.wav2vec2_model):
            names: dict[str, Any] = {"wav2vec2_model": function}
            exec(call, names)
            shapes.append({key: tensor.shape for key, tensor in names["model"].state_dict().items()})
        assert shapes[0] == shapes[1]
        assert shapes[0]["feature_extractor.conv_layers.1.conv.weight"] == (16, 8, 3)
