"""Whose config a mapping is, on what evidence, and where the rest of what a model needs is stated.

No default is ever taken for a model that a file does not state.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_dialects import codes, located, read_text
from w2v_explore.analysis.presets.identify import identify
from w2v_explore.config.document import parse_document
from w2v_explore.config.load import load_config
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import read_file
from w2v_explore.errors import ConfigError


@pytest.mark.parametrize(
    "text",
    [
        "model: {final_dim: 256}\n",
        "model: {conv_pos: 128, layer_norm_first: true}\n",
        "model: {}\ntask: {data: x}\n",
        "model: null\ntask: {data: x}\n",
        "model: wav2vec2\ntask: {data: x}\n",
        "model: [wav2vec2]\ntask: {data: x}\n",
        "model: {_name: null, dropout: 0.1}\n",
        "cfg: {model: {final_dim: 256}}\n",
        "quantize_targets: true\nfinal_dim: 256\n",
        "encoder_layerdrop: 0.05\ndropout_input: 0.1\n",
        "model: {_name: wav2vec_ctc, w2v_args: {}}\n",
        "model: {_name: wav2vec_ctc, w2v_args: {model: {}}}\n",
        "model: {_name: hubert_ctc, w2v_args: {model: {dropout: 0.1}}}\n",
        "distiller: {final_dim: 256}\n",
        "defaults: [{model: null}]\nmodel: {final_dim: 256}\n",
        '{"feat_proj_dropout": 0.1}',
        '{"do_stable_layer_norm": true, "vocab_size": 32}',
        '{"model_type": null, "architectures": []}',
    ],
)
def test_what_states_no_architecture_is_told_so_and_nothing_else(text: str) -> None:
    reading = read_text(text)
    assert codes(reading) == ["E281 None"]
    assert not reading.warnings
    assert "no size of an encoder is stated" in reading.problems[0].message


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("model: {_name: wav2vec2}\n", 12),
        ("model: {_name: hubert, final_dim: 256}\n", 12),
        ("name: wav2vec2\nmodel: {_name: '${name}'}\n", 12),
        ("arch: wav2vec2\n", 12),
        ("model: {encoder_embed_dim: 768}\n", 12),
        ("model: {encoder_layers: 4}\n", 4),
        ("cfg:\n  model: {encoder_layers: 4}\n", 4),
        ("args:\n  arch: wav2vec2\n  encoder_layers: 4\n  lr: [0.1]\n  save_dir: out\n  seed: 3\n", 4),
        ("base: &base {_name: wav2vec2, encoder_layers: 4}\nmodel: *base\n", 4),
        ('{"hidden_size": 768, "feat_extract_norm": "group"}', 12),
        ('{"architectures": ["HubertModel"]}', 12),
        ('{"model_type": "", "architectures": "UniSpeechSatForCTC", "num_hidden_layers": 3}', 3),
    ],
)
def test_a_known_name_or_a_size_is_evidence_enough(text: str, layers: int) -> None:
    model = read_text(text).model
    assert model is not None
    assert model.encoder_num_layers == layers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model:\n  _name: [wav2vec2]\n", "2:10 E280 _name"),
        ("model:\n  _name: Wav2Vec2\n", "2:10 E280 _name"),
        ("model:\n  _name: ${name}\n  encoder_layers: 12\n", "2:10 E281 _name"),
        ("model:\n  _name: ???\n  encoder_layers: 12\n", "2:10 E281 _name"),
        ("model:\n  _name: multires_hubert\n  encoder_attention_heads: 7\n  unheard_of: 3\n", "2:10 E280 _name"),
        # The outer level of a fine-tuned model is out of date, wherever it stands.
        ("model:\n  _name: wav2vec_ctc\n  w2v_args: {model: {_name: wav2vec_ctc, dropout: 0}}\n", "3:29 E280 _name"),
        ("model: {_name: wav2vec2}\ndistiller:\n  encoder_layers: 2\n", "2:1 E281 distiller"),
        # BEATs is a sibling of WavLM, on spectrograms.
        ("encoder_layers: 12\ninput_patch_size: 16\nrelative_position_embedding: true\n", "1:1 E283 None"),
        ("cfg: {encoder_layers: 12, input_patch_size: 16}\n", "1:1 E283 None"),
        ("model: {_name: wav2vec2}\nmodel: {encoder_layers: 2}\n", "2:1 E104 model"),
        ("model:\n  _name: wav2vec2\n  arch: wavlm\n", "3:9 E280 arch"),
        ("task:\n  _name: masked_lm\nmodel: {encoder_layers: 12}\n", "2:10 E283 _name"),
        ("layer_norm_first: true\nmodel: {_name: wav2vec2}\n", "1:19 E285 layer_norm_first"),
        ('{"model_type": "hubert", "text_encoder": {"model_type": "bert"}}', "1:42 E285 text_encoder"),
        ('{"model_type": "sew", "num_attention_heads": 7, "unheard": 3}', "1:16 E280 model_type"),
        ('{"model_type": ["wav2vec2"], "hidden_size": 768}', "1:16 E280 model_type"),
        ('{"model_type": 2, "hidden_size": 768}', "1:16 E280 model_type"),
        ('{"architectures": {"0": "Wav2Vec2Model"}}', "1:19 E280 architectures"),
        ('{"model_type": "wav2vec2", "encoder_num_layers": 24}', "1:50 E285 encoder_num_layers"),
        # Both programs that keep students under this name have all that is stated.
        ("distiller: {encoder_layers: 2, dropout: 0.1, pred_layer_id: [4, 12]}\n", "1:1 E281 None"),
        ("distiller: {encoder_layers: 2, n_tasks: null}\n", "1:1 E281 None"),
        ("distiller: {encoder_layers: 2, n_tasks: 2, tr_reduce_factor: 2}\n", "1:62 E281 tr_reduce_factor"),
        ("distiller: {n_tasks: 2, conv_feature_layers: '[(8, 10, 5)]'}\n", "1:46 E281 conv_feature_layers"),
        ("distiller: {encoder_layers: 2, attention_type: original, layer_type: transformer}\n", "1:70 E281 layer_type"),
        # At a file's own level text is passed over, but for what may be about layers.
        ("encoder_layers: 2\ntask_emb_type: expand-last\n", "2:16 E285 task_emb_type"),
    ],
)  # fmt: skip
def test_what_names_another_model_is_refused_for_that_alone(text: str, expected: str) -> None:
    reading = read_text(text)
    assert located(reading) == [expected]
    assert not reading.warnings


@pytest.mark.parametrize(
    ("fields", "family"),
    [
        ("n_tasks: 2", "distilhubert"),
        ("task_emb_type: expand-last", "distilhubert"),
        ("out_layer_inter_dim: -1", "distilhubert"),
        ("attention_type: original", "distilhubert"),
        ("extractor_conv_feature_layers: '[(8, 10, 5)]'", "distilhubert"),
        ("enable_tr_layer: false", "wav2vec2"),
        ("enable_tr_layer: false, dropout_input: 0.1, conv_bias: true", "wav2vec2"),
    ],
)
def test_a_student_is_of_the_program_whose_fields_it_states(fields: str, family: str) -> None:
    model = read_text(f"distiller: {{encoder_layers: 2, {fields}}}\n").model
    assert model is not None
    assert model.family.name == family


@pytest.mark.parametrize("fields", ["layer_type: transformer", "conv_feature_layers: '[(8, 10, 5)]'", "_name: hubert"])
def test_fithubert_reduces_frames_where_nothing_says_that_it_does_not(fields: str) -> None:
    reading = read_text(f"distiller:\n  encoder_layers: 2\n  {fields}\n")
    assert located(reading) == ["2:3 E280 enable_tr_layer"]


def test_so_it_does_where_its_fields_stand_at_another_level() -> None:
    assert located(read_text("model: {encoder_layers: 2, tr_reduce_factor: 2}\n")) == ["1:8 E280 enable_tr_layer"]
    assert located(read_text("encoder_layers: 2\ntr_layer_index: 0\n")) == ["1:1 E280 enable_tr_layer"]
    assert located(read_text("model: {encoder_layers: 2, tr_reduce_factor: 2, enable_tr_layer: false}\n")) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("MCTCTModel", "spectrograms"),
        ("SEWModel", "squeezes the sequence"),
        ("SEWDForCTC", "disentangled"),
        ("TFWhisperModel", "text decoder"),
        ("BertModel", "takes text"),
        ("Wav2Vec2SqueezeModel", "no class that is known here"),
        ("MyOwnModel", "no class that is known here"),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_without_a_model_type_the_family_comes_from_the_class(name: str, reason: str, as_text: bool) -> None:
    text = json.dumps({"architectures": name if as_text else [name], "hidden_size": 1024, "unheard_of": 1})
    reading = read_text(text)
    assert codes(reading) == ["E280 architectures"]
    assert reason in reading.problems[0].message


@pytest.mark.parametrize(
    ("model_type", "name", "code"),
    [
        ("wav2vec2", "WavLMForCTC", "E280"),
        ("wav2vec2", "BertModel", "E280"),
        ("hubert", "Wav2Vec2ForCTC", "W282"),
        ("wav2vec2", "Wav2Vec2ForPreTraining", "W282"),
        ("wav2vec2", "Wav2Vec2ForSpeechClassification", "W282"),
        ("wav2vec2", "Wav2Vec2ForMaskedLM", "W282"),
    ],
)
def test_a_class_that_is_not_the_model_type_s_is_said(model_type: str, name: str, code: str) -> None:
    reading = read_text(json.dumps({"model_type": model_type, "architectures": [name]}))
    found = [*reading.problems, *reading.warnings]
    assert [(problem.rule.code, problem.key) for problem in found] == [(code, "architectures")]
    assert name in found[0].message


def test_a_head_whose_size_is_left_open_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "wav2vec2",\n "architectures": "Wav2Vec2ForCTC", "vocab_size": null}')
    [problem] = read_config(parse_document(read_file(str(path)))).problems
    assert (problem.rule.code, problem.key, problem.place.line) == ("E201", "vocab_size", 2)
    assert "--set aux_num_out=32" in problem.message
    assert load_config(str(path), ["aux_num_out=40"]).model.aux_num_out == 40
    own = tmp_path / "own.yaml"
    own.write_text("extends: config.json\nencoder_num_layers: 6\n")
    with pytest.raises(ConfigError, match="vocab_size is null"):
        load_config(str(own))
    own.write_text("extends: config.json\naux_num_out: 40\n")
    assert load_config(str(own)).model.aux_num_out == 40


LARGE = (24, 1024, "layer_norm", True)
HUBERT_BASE = (12, 768, "group_norm", False)


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        ("[{model: wav2vec2/wav2vec2_large}]", LARGE),
        ("[{/model: wav2vec2/wav2vec2_large}]", LARGE),
        ("[{model: wav2vec2_large}]", LARGE),
        ("[{optional model: wav2vec2/wav2vec2_large.yaml}]", LARGE),
        ("[{model/wav2vec2: wav2vec2_large}]", LARGE),
        ("[model/wav2vec2/wav2vec2_large, _self_]", LARGE),
        ("[{model@model: wav2vec2/wav2vec2_large}]", LARGE),
        ("[{model: [wav2vec2/wav2vec2_large]}]", LARGE),
        ("{model: hubert/hubert_large}", (*LARGE[:3], False)),
        ("[{model: wav2vec2/wav2vec2_base}, {override model: wav2vec2/wav2vec2_large}]", LARGE),
        ("[{run: local}, {override hydra/launcher: slurm}, {task: x}, {model: hubert/hubert_base}]", HUBERT_BASE),
    ],
)
def test_a_model_group_that_is_known_states_the_model(defaults: str, expected: tuple[Any, ...]) -> None:
    model = read_text(f"defaults: {defaults}\n").model
    assert model is not None
    found = (model.encoder_num_layers, model.encoder_embed_dim, model.extractor_mode, model.extractor_conv_bias)
    assert found == expected


@pytest.mark.parametrize(
    ("defaults", "said"),
    [
        ("[{model: wav2vec2/wav2vec2_huge}]", "wav2vec2/wav2vec2_huge"),
        ("[{model: transformer_lm/transformer_lm_gpt}]", "transformer_lm_gpt"),
        ("[{model: other/wav2vec2_large}]", "other/wav2vec2_large"),
        ("[{optional /model: mine}]", "mine"),
        ("[{model: '${name}'}]", "${name}"),
        ("[{model: '???'}]", "???"),
        ("[{model: [wav2vec2_large, mine]}]", "a list"),
        ("[{model: true}]", "true"),
        ("[{model@teacher: wav2vec2_large}]", "model@teacher"),
        ("[{encoder@model.encoder: big}]", "encoder@model.encoder"),
        ("[{experiment: big}]", "experiment: big"),
        ("[base, {model: null}]", "base"),
        ("wav2vec2_large", "wav2vec2_large"),
        ("wav2vec2/wav2vec2_large", "wav2vec2_large"),
        ("[{wav2vec2: wav2vec2_large}]", "wav2vec2: wav2vec2_large"),
        ("[{model: wav2vec2_base}, {model: wav2vec2_large}]", "named already"),
    ],
)
def test_any_other_is_refused_by_name(defaults: str, said: str) -> None:
    reading = read_text(f"task: {{data: x}}\nmodel: {{_name: wav2vec2}}\ndefaults: {defaults}\n")
    assert codes(reading) == ["E281 defaults"]
    assert said in reading.problems[0].message
    assert reading.problems[0].place.line == 3


@pytest.mark.parametrize(
    "defaults",
    ["null", "[]", "[{run: a}]", "[{model: null}]", "[_self_]", "[{override hydra/launcher: a}]", "[{optimizer: b}]"],
)
def test_entries_about_no_model_are_harmless(defaults: str) -> None:
    reading = read_text(f"defaults: {defaults}\nmodel: {{_name: wav2vec2, encoder_layers: 3}}\n")
    assert reading.model is not None
    assert reading.model.encoder_num_layers == 3
    assert not reading.warnings


def test_what_the_file_states_goes_before_its_group_and_the_account_says_which_is_which() -> None:
    text = "defaults:\n  - model: wav2vec2/wav2vec2_large\n{}model:\n  encoder_layers: 6\n"
    reading = read_text(text.format(""))
    assert reading.model is not None
    assert (reading.model.encoder_num_layers, reading.model.encoder_embed_dim) == (6, 1024)
    translation = reading.document.translation
    assert translation is not None
    notes = {account.theirs: account.note for account in translation.accounts if account.status == "mapped"}
    assert notes["model.encoder_layers"] == ""
    assert notes["model.encoder_embed_dim"] == "from the group wav2vec2/wav2vec2_large"
    # Hydra merges in the order of the list.
    assert codes(read_text("defaults: [_self_, {model: wav2vec2_large}]\nmodel: {encoder_layers: 6}\n")) == [
        "E281 defaults"
    ]
    assert read_text("defaults: [_self_, {model: wav2vec2_large}]\nmodel: {encoder_layers: 24}\n").model is not None


def test_interpolations_of_other_fields_are_nobody_s_business() -> None:
    reading = read_text("model:\n  _name: hubert\n  mask_prob: ${x.y}\n  label_rate: ${task.label_rate}\n")
    assert reading.model is not None
    assert located(read_text("model:\n  _name: hubert\n  encoder_layers: ${.depth}\n")) == ["3:19 E281 encoder_layers"]
    assert located(read_text("model:\n  _name: hubert\n  layer_type: ${x}\n")) == ["3:15 E281 layer_type"]


@pytest.mark.parametrize("text", ["layer_norm_eps: 1e-5", "layer_norm_eps: 1.0e-05", "hidden_dropout: 1e-1"])
def test_numbers_that_yaml_takes_for_text_are_numbers(text: str) -> None:
    assert read_text(f"model_type: wav2vec2\n{text}\n").model is not None
    assert codes(read_text("model_type: wav2vec2\nlayer_norm_eps: 1e-6\n")) == ["E280 layer_norm_eps"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("model:\n  _name: wav2vec2\n  final_proj:\n    size: 3\n", "3:3"),
        ("model:\n  _name: wav2vec2\n  final_proj: {size: 3}\n", "3:15"),
        ("model:\n  _name: wav2vec2\n  my_dropout:\n    - 3\n", "3:3"),
    ],
)
def test_a_warning_about_what_is_indented_below_a_key_points_at_the_key(text: str, place: str) -> None:
    [warning] = read_text(text).warnings
    assert f"{warning.place.line}:{warning.place.column}" == place


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("task: {sample_rate: 8000}\nmodel: {_name: wav2vec2}\n", "task.sample_rate"),
        ("rate: 8000\ntask: {sample_rate: '${rate}'}\nmodel: {_name: wav2vec2}\n", "task.sample_rate"),
        ("cfg:\n  task: {sample_rate: 8000}\n  model: {_name: wav2vec2}\n", "cfg.task.sample_rate"),
        ("dataset: {sample_rate: 8000}\nmodel: {_name: wav2vec2}\n", "dataset.sample_rate"),
        ("arch: wav2vec2\nsample_rate: 8000\n", "sample_rate"),
        (
            "model: {_name: wav2vec_ctc, w2v_args: {task: {sample_rate: 8000}, model: {_name: wav2vec2}}}\n",
            "model.w2v_args.task.sample_rate",
        ),
        ('{"model_type": "wav2vec2", "sampling_rate": 8000}', "sampling_rate"),
        ('{"model_type": "wav2vec2", "sample_rate": 8000}', "sample_rate"),
    ],
)
def test_the_sample_rate_is_read_where_the_program_keeps_it(text: str, source: str) -> None:
    reading = read_text(text)
    assert (reading.sample_rate, reading.sample_rate_source) == (8000, source)


@pytest.mark.parametrize("value", ["8k", "0", "-8000", "8000.5", "true", "'${rate}'", "[8000]", "20000000"])
def test_a_sample_rate_that_is_none_is_refused_at_its_place(value: str) -> None:
    text = f"task:\n  sample_rate: {value}\nmodel: {{_name: wav2vec2}}\n"
    assert located(read_text(text)) == ["2:16 E202 sample_rate"]
    assert read_text(text).problems[0].message.startswith("task.sample_rate is ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2", "hidden_size": 768}')
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("preprocessor_config.json", {"sampling_rate": 8000, "feature_size": 1}),
        ("processor_config.json", {"feature_extractor": {"sampling_rate": 8000}}),
    ],
)
def test_the_sample_rate_of_a_folder_is_that_of_its_feature_extractor(
    folder: Path, name: str, content: dict[str, Any]
) -> None:
    (folder / name).write_text(json.dumps(content))
    config = load_config(str(folder))
    assert (config.sample_rate, config.sample_rate_source) == (8000, name)
    config = load_config(str(folder), ["sample_rate=16000"])
    assert (config.sample_rate, config.sample_rate_source) == (16000, "--set")
    own = folder / "own.yaml"
    own.write_text("extends: config.json\nencoder_num_layers: 6\n")
    assert (load_config(str(own)).sample_rate, load_config(str(own)).sample_rate_source) == (8000, name)
    own.write_text("extends: config.json\nsample_rate: 16000\n")
    assert (load_config(str(own)).sample_rate, load_config(str(own)).sample_rate_source) == (16000, None)
    # It is about the config.json, and no other file there.
    (folder / "other.json").write_text('{"model_type": "wav2vec2"}')
    assert load_config(str(folder / "other.json")).sample_rate == 16000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"sampling_rate": 8000', "preprocessor_config.json:1:2"),
        (b'{"sampling_rate": "8000"}', "sampling_rate is text '8000'; write a whole number"),
        (b'{"sampling_rate": null}', "sampling_rate is null"),
        (b"[16000]", "preprocessor_config.json:1:1"),
        (b"\xff\xfe\x00", "preprocessor_config.json"),
        (b"", "preprocessor_config.json"),
        (b" " * 600_000, "preprocessor_config.json"),
    ],
)
def test_a_broken_feature_extractor_is_one_clear_message(folder: Path, content: bytes, message: str) -> None:
    (folder / "preprocessor_config.json").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(str(folder))
    [problem] = caught.value.problems
    assert message in str(problem)


@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_what_is_no_file_is_never_waited_for(folder: Path, kind: str) -> None:
    path = folder / "preprocessor_config.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            return
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")
    with pytest.raises(ConfigError, match="make it a file, or move it away"):
        load_config(str(folder))


def test_a_feature_extractor_without_a_rate_says_nothing(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text('{"feature_size": 1}')
    config = load_config(str(folder))
    assert (config.sample_rate, config.sample_rate_source) == (16000, None)


def test_unknown_fields_that_are_allowed_are_named_and_equal_no_preset(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    # But for one field this is fairseq's HuBERT Base.
    path.write_text(
        "model: {_name: hubert, dropout_input: 0.1, encoder_layerdrop: 0.05, use_rel_pos_enc: true, my_loss: 2}\n"
    )
    with pytest.raises(ConfigError, match=r"E285 .*--allow-unknown"):
        load_config(str(path))
    config = load_config(str(path), allow_unknown=True)
    assert config.not_counted == ("use_rel_pos_enc",)
    assert [warning.rule.code for warning in config.warnings] == ["W284", "W284"]
    assert identify(config.model).nearest.equals
    nearest = identify(config).nearest
    assert (nearest.equals, nearest.not_counted) == ((), ("use_rel_pos_enc",))
    own = tmp_path / "own.yaml"
    own.write_text("extends: c.yaml\n")
    with pytest.raises(ConfigError, match="E285"):
        load_config(str(own))
    assert load_config(str(own), allow_unknown=True).not_counted == ("use_rel_pos_enc",)


def test_an_unknown_field_is_not_missed_among_thousands_of_harmless_ones() -> None:
    harmless = "".join(f"  loss_{number}_dropout: 0.1\n" for number in range(1500))
    reading = read_text(f"model:\n  _name: hubert\n{harmless}  use_rel_pos_enc: true\n")
    assert codes(reading) == ["E285 use_rel_pos_enc"]


def test_fine_tuning_takes_the_parts_of_pre_training_away() -> None:
    stated = "{_name: wav2vec2, quantize_targets: true, target_glu: true}"
    assert len(read_text(f"model: {stated}\n").warnings) == 2
    fine_tuned = f"model: {{_name: wav2vec_ctc, w2v_args: {{model: {stated}}}}}\n# w2v: aux_num_out=32\n"
    assert not read_text(fine_tuned).warnings


def test_names_of_the_wrong_type_are_no_names() -> None:
    assert codes(read_text("model: {arch: [base], encoder_layers: 12}\n")) == ["E280 arch"]
    assert read_text("task: {_name: [masked_lm]}\nmodel: {encoder_layers: 12}\n").model is not None
