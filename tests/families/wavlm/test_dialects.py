"""WavLM's configs in the words of Hugging Face and unilm, read and written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.wavlm.strategies import wavlm_configs
from tests.program import Runner
from tests.property.test_round_trips import reread
from w2v_explore import ConfigError, ModelConfig, convert, identify, load_config
from w2v_explore.config.dialects.columns import CONV
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.config.dialects.write import unwritable
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import config_from_mapping
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source
from w2v_explore.families.wavlm.dialects import HUGGINGFACE
from w2v_explore.families.wavlm.fields import WavLMConfig
from w2v_explore.lint.belonging import reason_to_pass_over

BASE = load_config("wavlm_base").model
STANDARD = "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2"
PUBLISHED = {
    "extractor_mode": "default", "encoder_layers": 12, "encoder_embed_dim": 768, "encoder_ffn_embed_dim": 3072,
    "encoder_attention_heads": 12, "activation_fn": "gelu", "dropout": 0.1, "attention_dropout": 0.1,
    "activation_dropout": 0.0, "encoder_layerdrop": 0.05, "dropout_input": 0.1, "dropout_features": 0.1,
    "layer_norm_first": False, "conv_feature_layers": STANDARD, "conv_bias": False, "feature_grad_mult": 0.1,
    "mask_length": 10, "mask_prob": 0.8, "mask_selection": "static", "mask_other": 0.0, "no_mask_overlap": False,
    "mask_min_space": 1, "mask_channel_length": 10, "mask_channel_prob": 0.0, "mask_channel_selection": "static",
    "mask_channel_other": 0.0, "no_mask_channel_overlap": False, "mask_channel_min_space": 1, "conv_pos": 128,
    "conv_pos_groups": 16, "relative_position_embedding": True, "num_buckets": 320, "max_distance": 800,
    "gru_rel_pos": True, "normalize": False, "expand_attention_head_size": -1,
}  # fmt: skip
"""The config in unilm's checkpoint of Base."""
STATED = {"relative_position_embedding": True, "gru_rel_pos": True}


def read(values: Mapping[str, Any], dialect: str | None = None) -> Reading:
    return read_config(parse_document(Source("c.json", json.dumps(values).encode(), "c.json"), dialect))


def refused(reading: Reading) -> list[str]:
    return [f"{problem.rule.code} {problem.key}" for problem in reading.problems]


@pytest.mark.slow
@settings(max_examples=40)
@given(wavlm_configs())
def test_there_and_back_keeps_all_18_values_in_all_pairs(model: WavLMConfig) -> None:
    dialects = [name for name in ("w2v", "torchaudio", "huggingface", "unilm") if unwritable(model, name) is None]
    assert ("unilm" in dialects) == (model.aux_num_out is None and model.conv_layers[-1][0] != model.encoder_embed_dim)
    for one, other in itertools.product(dialects, repeat=2):
        assert reread(reread(model, one, forced=False), other, forced=True) == model


def test_fairseq_has_no_wavlm() -> None:
    with pytest.raises(ConfigError, match="fairseq has no model of the architecture wavlm"):
        convert("wavlm_base", "fairseq")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aux_num_out": 32}, "aux_num_out is 32, and unilm's models have no head"),
        ({"encoder_embed_dim": 512, "encoder_num_heads": 8}, "unilm then builds no projection"),
    ],
)
def test_what_unilm_cannot_say_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        convert("wavlm_base", "unilm", overrides=changes)


@pytest.fixture(scope="module")
def transformers(torchaudio_models: ModuleType) -> ModuleType:
    """Imported once torchaudio's stand-in is there: transformers looks for it."""
    import transformers

    return transformers


@pytest.mark.slow
def test_the_defaults_are_those_of_transformers(transformers: ModuleType) -> None:
    defaults = transformers.WavLMConfig().to_dict()
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field != CONV:
            assert defaults[counterpart.names[0]] == counterpart.default, field
    reading = read({"model_type": "wavlm"})
    assert reading.model is not None
    assert reading.model.conv_layers == BASE.conv_layers
    assert (reading.model.encoder_num_buckets, reading.model.encoder_max_distance) == (320, 800)


@pytest.mark.slow
def test_what_transformers_itself_writes_is_known_field_by_field(transformers: ModuleType) -> None:
    @settings(max_examples=30)
    @given(wavlm_configs())
    def check(model: WavLMConfig) -> None:
        values = to_huggingface(model)
        [name] = values["architectures"]
        assert name == ("WavLMModel" if model.aux_num_out is None else "WavLMForCTC")
        written = transformers.WavLMConfig(**values).to_dict()
        assert (written["num_buckets"], written["max_bucket_distance"]) == (
            model.encoder_num_buckets, model.encoder_max_distance,
        )  # fmt: skip
        reading = read({**written, "architectures": [name]})
        assert reading.warnings == []
        assert reading.model is not None
        # transformers writes the seven convolutions out where ours are null.
        assert {**reading.model.to_mapping(), CONV: None} == {**model.to_mapping(), CONV: None}
        assert reading.model.conv_layers == model.conv_layers

    check()


@pytest.mark.parametrize(
    ("name", "head", "remark"),
    [
        ("WavLMModel", None, None),
        ("WavLMForCTC", 32, None),
        ("WavLMForXVector", None, "its x-vector head is not counted"),
        ("WavLMForSequenceClassification", None, "its classification head is not counted"),
        ("WavLMForAudioFrameClassification", None, "its classification head is not counted"),
    ],
)
@pytest.mark.parametrize("model_type", ["wavlm", None])
def test_each_class_of_transformers_is_read(
    name: str, head: int | None, remark: str | None, model_type: str | None
) -> None:
    reading = read({"model_type": model_type, "architectures": [name], "hidden_size": 96})
    assert reading.problems == []
    assert isinstance(reading.model, WavLMConfig)
    assert reading.model.aux_num_out == head
    assert [warning.message for warning in reading.warnings] == ([] if remark is None else [f"{name}: {remark}"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_act", "relu"),
        ("feat_extract_activation", "relu"),
        ("layer_norm_eps", 1e-6),
        ("add_adapter", True),
        ("adapter_attn_dim", 16),
        ("feat_proj_layer_norm", False),
        ("conv_pos_batch_norm", True),
        ("architectures", ["Wav2Vec2Model"]),
    ],
)
def test_what_changes_the_architecture_is_refused(name: str, value: object) -> None:
    assert refused(read({"model_type": "wavlm", name: value})) == [f"E280 {name}"]


def test_a_wav2vec2_has_no_buckets() -> None:
    assert refused(read({"model_type": "wav2vec2", "num_buckets": 320})) == ["E280 num_buckets"]


@pytest.mark.parametrize("wrap", [lambda cfg: cfg, lambda cfg: {"cfg": cfg}], ids=["alone", "below cfg"])
def test_the_published_config_of_unilm_is_read_field_by_field(wrap: Any) -> None:
    reading = read(wrap(PUBLISHED))
    assert (reading.problems, reading.warnings) == ([], [])
    assert reading.model is not None
    assert reading.document.translation is not None
    assert reading.document.translation.dialect == "unilm"
    assert identify(reading.model).nearest.equals == ("wavlm_base", "wavlm_base_plus")


def test_what_a_config_of_unilm_leaves_out_is_its_default() -> None:
    reading = read(STATED)
    assert reading.model is not None
    # WavLMConfig of unilm: no dropout of layers or of the input, and a longer reach than any published model has.
    expected = {"encoder_projection_dropout": 0.0, "encoder_layer_drop": 0.0, "encoder_max_distance": 1280, CONV: None}
    assert reading.model.to_mapping() == {**BASE.to_mapping(), **_dropouts(0.1), **expected}


def _dropouts(value: float) -> dict[str, float]:
    return {"encoder_dropout": value, "encoder_attention_dropout": value, "encoder_ff_interm_dropout": 0.0}


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"gru_rel_pos": True}, ["E280 relative_position_embedding"]),
        ({"relative_position_embedding": True}, ["E280 gru_rel_pos"]),
        ({**STATED, "relative_position_embedding": False}, ["E280 relative_position_embedding"]),
        ({**STATED, "gru_rel_pos": False}, ["E280 gru_rel_pos"]),
        ({**STATED, "activation_fn": "glu"}, ["E280 activation_fn"]),
        ({**STATED, "expand_attention_head_size": 96}, ["E280 expand_attention_head_size"]),
        ({**STATED, "num_buckets": 3}, ["E238 num_buckets"]),
        ({**STATED, "max_distance": 80}, ["E239 max_distance"]),
        ({**STATED, "encoder_embed_dim": 512, "encoder_attention_heads": 8}, ["E280 encoder_embed_dim"]),
    ],
)
def test_what_is_no_wavlm_of_unilms_is_refused(values: dict[str, Any], problems: list[str]) -> None:
    assert refused(read({"encoder_layers": 12, **values})) == problems


def test_without_a_bias_it_is_a_wav2vec2_as_the_message_says() -> None:
    sizes = {"encoder_layers": 6, "encoder_embed_dim": 96}
    [problem] = read({"cfg": {**sizes, **STATED, "relative_position_embedding": False}}).problems
    assert "a model without it is a wav2vec 2.0: write _name: wav2vec2" in problem.message
    model = read({"cfg": {**sizes, "_name": "wav2vec2"}}).model
    assert model is not None
    assert (model.family.name, model.encoder_num_layers, model.encoder_embed_dim) == ("wav2vec2", 6, 96)


@pytest.mark.parametrize(("to", "file"), [("huggingface", "config.json"), ("unilm", "cfg.yaml"), ("w2v", "own.yaml")])
def test_a_written_file_is_the_preset(to: str, file: str, tmp_path: Path, run: Runner) -> None:
    path = tmp_path / file
    code, out, err = run("convert", "wavlm_base", "--to", to, "-o", str(path))
    assert (code, out) == (0, "")
    assert "0 refused" in err
    assert load_config(str(path)).model == BASE
    assert run("identify", str(path)).out.count("wavlm_base") == 2


@pytest.mark.parametrize("source", ["wavlm_base", "unilm.json", "config.json"])
@pytest.mark.parametrize("to", ["w2v", "torchaudio", "fairseq", "huggingface", "python", "unilm"])
def test_the_account_fits_a_terminal(source: str, to: str, tmp_path: Path, run: Runner) -> None:
    if source.endswith(".json"):
        text = json.dumps({"cfg": PUBLISHED} if source == "unilm.json" else to_huggingface(BASE), indent=1)
        (tmp_path / source).write_text(text)
        source = str(tmp_path / source)
    found = run("convert", source, "--to", to, "--verbose", columns=80)
    assert found.code == (2 if to == "fairseq" else 0)
    assert all(len(line) <= 80 for line in found.err.splitlines() if ": error " not in line)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cfg.yaml", "cfg:\n  relative_position_embedding: true\n  gru_rel_pos: true\n"),
        ("cfg.yaml", "cfg: {relative_position_embedding: false}\n"),
        ("cfg.yaml", "cfg:\n  relative_position_embedding: true\n x: [\n"),
        ("config.json", '{"model_type": "wavlm",}'),
        ("config.json", '{"architectures": ["WavLMForXVector"]'),
    ],
)
def test_a_search_takes_it_for_a_config_right_or_wrong(file: str, text: str) -> None:
    assert reason_to_pass_over(parse_document(Source(file, text.encode(), file))) is None


def test_a_mapping_of_transformers_is_taken_without_a_file() -> None:
    model: ModelConfig = config_from_mapping(to_huggingface(BASE), "WavLMModel.config", "huggingface").model
    assert model == BASE
