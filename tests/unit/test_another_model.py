"""What would change the model and is not read: it is refused or said, wherever it stands, and never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_dialects import codes, read_text
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import load_config
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source

_SIZES = "encoder_layers: 6\nencoder_embed_dim: 256\nencoder_attention_heads: 4\n"


@pytest.mark.parametrize(
    "line",
    [
        "encoder_type: conformer",
        "model_type: conformer\nconv_feature_layers: '[(512, 10, 5)]'",
        "model: wavlm_large",
        "model_type: wavlm",
        "backbone: whisper",
        "type: Transformer",
        "upstream: data2vec",
        "task: translation",
        "task: {_name: speech_to_text}",
        "source_lang: de",
        "max_source_positions: 6000",
    ],
)
def test_sizes_without_a_name_beside_a_word_for_another_model_are_another_program_s(line: str) -> None:
    reading = read_text(f"{_SIZES}{line}\n", dialect="fairseq")
    assert [code.split()[0] for code in codes(reading)] == ["E283"]
    assert reading.model is None


@pytest.mark.parametrize(
    "line", ["model: wav2vec2_base", "model_type: hubert", "upstream: wav2vec2", "task: audio_pretraining", "type: ''"]
)
def test_a_word_for_a_model_of_this_kind_is_none_of_another(line: str) -> None:
    assert read_text(f"{_SIZES}{line}\n", dialect="fairseq").model is not None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("model: {_name: wav2vec2}\nencoder: {encoder_layers: 24}\n", "encoder"),
        ("model: {_name: wav2vec2}\nnet: {deep: {conv_feature_layers: '[(64, 10, 5)]'}}\n", "net"),
        ("model: {_name: wav2vec2}\nargs: {encoder_embed_dim: 1024}\n", "args"),
        ("model: {_name: wav2vec2}\nmodel.encoder_layers: 24\n", "model.encoder_layers"),
        ("model: {_name: wav2vec2}\nmodel.layer_type: conformer\n", "model.layer_type"),
        ("model: {_name: hubert}\nmodel_overrides: \"{'encoder_layers': 24}\"\n", "model_overrides"),
        ("model: {_name: hubert}\ncommon_eval: {model_overrides: '{conv_pos: 64}'}\n", "model_overrides"),
        ("model: {_name: hubert}\n_base_: ../large.yaml\n", "_base_"),
        ("_name: hubert\nbase_config: large.yaml\n", "base_config"),
        ("model: {_name: hubert, include: [a.yaml]}\n", "include"),
        ("config: {model: {_name: hubert}}\nstudent: {encoder_layers: 3}\n", "student"),
        ("model: {_name: wav2vec_ctc, w2v_args: {model: {_name: hubert}, net: {encoder_layers: 3}}}\n", "net"),
        ('{"model_type": "wav2vec2", "_base_": "large.json"}', "_base_"),
        ('{"model_type": "wav2vec2", "inherit_from": "large.json"}', "inherit_from"),
    ],
)
def test_what_states_the_model_elsewhere_too_is_unread(text: str, key: str) -> None:
    reading = read_text(text)
    assert codes(reading) == [f"E285 {key}"]
    allowed = read_config(parse_document(Source("c.yaml", text.encode(), "c.yaml")), allow_unknown=True)
    assert allowed.not_counted == (key,)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("base: &base {_name: wav2vec2, encoder_layers: 5}\nmodel: *base\n", 5),
        ("args: &a {model: {_name: hubert, encoder_layers: 5}}\nmodel: {_name: hubert_ctc, w2v_args: *a}\n", 5),
        ("net: {encoder_layers: 5}\nmodel: {_name: wav2vec2, encoder_layers: '${net.encoder_layers}'}\n", 5),
        ("m: {_name: hubert, encoder_layers: 5}\nmodel: {_name: hubert_ctc, w2v_args: '${m}'}\n", 5),
        ("args: {encoder_layers: 9}\ncfg: {model: {_name: wav2vec2, encoder_layers: 5}}\n", 5),
        ("model: {_name: wav2vec2, encoder_layers: 5}\ncommon_eval: {model_overrides: '{}'}\n", 5),
        ("model: {_name: wav2vec2, encoder_layers: 5}\n_base_: null\n", 5),
        ("_name: null\narch: hubert\nmodel: {_name: hubert, encoder_layers: 5}\n", 5),
    ],
)
def test_what_the_model_is_made_from_is_no_other_model(text: str, layers: int) -> None:
    reading = read_text(text)
    assert reading.problems == []
    assert reading.model is not None
    assert reading.model.encoder_num_layers == layers


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("teacher: {model: {encoder_layers: 12}}", "teacher"),
        ("decoder: {layers: 6, embed_dim: 512}", "decoder"),
        ("encoder: {block: {d_model: 512}}", "encoder"),
        ("lora: {r: 8}", "lora"),
        ("adapters: {dim: 64}", "adapters"),
    ],
)
def test_a_part_beside_the_model_is_said_to_be_left_out(line: str, key: str) -> None:
    reading = read_text(f"model: {{_name: hubert, encoder_layers: 3}}\n{line}\n")
    assert reading.problems == []
    assert [(warning.rule.code, warning.key) for warning in reading.warnings] == [("W282", key)]


@pytest.mark.parametrize(
    "line", ["layer_norm_type: rms", "encoder_norm: none", "pos_conv_kind: sinc", "attn_impl: linear"]
)
def test_text_about_layers_is_unread_in_a_flat_config_of_fairseq_s_too(line: str) -> None:
    assert [code.split()[0] for code in codes(read_text(f"_name: hubert\n{line}\n"))] == ["E285"]
    assert read_text("_name: hubert\nexperiment: seventh\n").problems == []


@pytest.mark.parametrize("name", ["wav2vec_ctc", "hubert_ctc"])
def test_a_ctc_head_whose_size_is_nowhere_is_said_to_be_left_out(name: str) -> None:
    text = f"model: {{_name: {name}, w2v_args: {{model: {{_name: hubert}}}}}}\n"
    document = parse_document(Source("c.yaml", text.encode(), "c.yaml"))
    [warning] = read_config(document).warnings
    assert (warning.rule.code, warning.key) == ("W282", "_name")
    assert "its CTC head is not counted" in warning.message
    assert read_config(document, ["aux_num_out=32"]).warnings == []
    assert read_config(document, {"aux_num_out": None}).warnings == []
    assert read_text(f"{text}# w2v: aux_num_out=32\n").warnings == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("model: {_name: wav2vec2, crop_seq_to_multiple: 128}\n", "crop_seq_to_multiple"),
        ("model: {_name: wav2vec2, required_seq_len_multiple: 128}\n", "required_seq_len_multiple"),
        ('{"model_type": "hubert", "quantization_config": {"load_in_8bit": true}}', "quantization_config"),
    ],
)
def test_what_changes_frames_or_bytes_is_said(text: str, key: str) -> None:
    reading = read_text(text)
    assert [(warning.rule.code, warning.key) for warning in reading.warnings] == [("W282", key)]
    assert reading.model is not None


def test_adapters_beside_a_config_are_said_to_be_left_out(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"model_type": "wav2vec2"}')
    assert load_config(tmp_path).warnings == ()
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    for reference in (tmp_path, config):
        [warning] = load_config(reference).warnings
        assert warning.rule.code == "W282"
        assert "adapter_config.json: the adapters of PEFT" in warning.message


def test_the_usual_multiples_are_not_worth_a_word() -> None:
    text = "model: {_name: wav2vec2, crop_seq_to_multiple: 1, required_seq_len_multiple: 2}\n"
    assert read_text(text).warnings == []


@pytest.mark.parametrize("key", ["_name", "arch"])
def test_a_model_that_is_named_around_the_level_of_the_model_must_be_one_that_is_read(key: str) -> None:
    reading = read_text(f"{key}: av_hubert\nmodel: {{_name: hubert}}\n")
    assert codes(reading) == [f"E280 {key}"]


@pytest.mark.parametrize(
    "field",
    [
        '"shared_weight": true', '"tied_weight": true', '"lora_dropout": 0.1', '"adapter_init": 1',
        '"num_layers_loss": 6',
        '"downsample_steps": 2', '"bottleneck_init": 64', '"expert_loss_weight": 0.1', '"rel_pos_dropout": 0.1',
        '"output_layer": 6', '"output_conv": [3, 3]',
    ],
)  # fmt: skip
def test_a_part_of_the_encoder_is_none_of_training_whatever_its_name_ends_in(field: str) -> None:
    reading = read_text(f'{{"model_type": "wav2vec2", {field}}}')
    assert [code.split()[0] for code in codes(reading)] == ["E285"]


@pytest.mark.parametrize(
    "field",
    [
        '"alpha": 0.3', '"lr": 1e-5', '"epochs": 20', '"freeze": true', '"multi_label": true',
        '"use_mean_pooling": true',
        '"max_duration": 20.0', '"max_length_in_sec": 3.5', '"num_phonemes": 40', '"phoneme_vocab_size": 40',
        '"labels": ["anger", "joy"]', '"label_names": ["anger", "joy"]', '"version": 1.2', '"best_wer": 0.12',
        '"ctc_blank_id": 0', '"blank_id": 3', '"num_frozen_layers": 6', '"do_normalize": true', '"focal_gamma": 2',
        '"decision_threshold": 0.5', '"class_weights": [0.1, 0.9]', '"num_genders": 2',
        '"lang_codes": ["en", "de"]', '"num_trainable_layers": 4', '"chunk_length_s": 10',
        '"is_regression": true', '"n_classes": 8', '"pooling_mode": "mean"',
        '"output_dim": 3', '"language": "de"', '"target_lang": "deu"', '"loss_type": "ForCTCLoss"',
    ],
)  # fmt: skip
def test_what_people_note_beside_a_model_needs_no_leave(field: str) -> None:
    assert read_text(f'{{"model_type": "wav2vec2", {field}}}').problems == []
