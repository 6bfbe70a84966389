"""The configs that other programs publish: what each comes to, or why it is refused.

The fixtures hold the values of real files in a layout of our own (tests/data/README.md); the expected values were taken
from those files field by field, without this program.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source, read_file

DATA = Path(__file__).parent.parent / "data/dialects"
G, L = "group_norm", "layer_norm"
T, F, N = True, False, None
S = [[512, 10, 5], *[[512, 3, 2]] * 4, [512, 2, 2], [512, 2, 2]]

# fmt: off
VALUES: dict[str, list[Any]] = {
    "huggingface/wav2vec2-base-10k-voxpopuli.json":
        [G, S, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.1, 0.1, F, 0.1, N],
    "huggingface/wav2vec2-base-960h.json": [G, S, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.1, 0.1, F, 0.1, 32],
    "huggingface/wav2vec2-base.json": [G, S, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, F, 0.05, N],
    "huggingface/wav2vec2-large-960h-lv60-self.json":
        [L, S, T, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, T, 0.1, 32],
    "huggingface/wav2vec2-large-960h.json": [G, S, F, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, F, 0.1, 32],
    "huggingface/wav2vec2-large-lv60.json": [L, S, T, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, T, 0.1, N],
    "huggingface/wav2vec2-large-xlsr-53-german.json":
        [L, S, T, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, T, 0.1, 36],
    "huggingface/wav2vec2-large-xlsr-53.json": [L, S, T, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.1, T, 0.1, N],
    "huggingface/wav2vec2-large.json": [G, S, F, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.1, 0.1, F, 0.1, N],
    "huggingface/wav2vec2-xls-r-1b.json": [L, S, T, 1280, 0.1, 128, 16, 48, 16, 0.1, 5120, 0.0, 0.1, T, 0.1, N],
    "huggingface/wav2vec2-xls-r-2b.json": [L, S, T, 1920, 0.1, 128, 16, 48, 16, 0.1, 7680, 0.0, 0.1, T, 0.1, N],
    "huggingface/wav2vec2-xls-r-300m.json": [L, S, T, 1024, 0.1, 128, 16, 24, 16, 0.1, 4096, 0.0, 0.1, T, 0.1, N],
    "huggingface/wavlm-base.json": [G, S, F, 768, 0.1, 128, 16, 12, 12, 320, 800, 0.1, 3072, 0.0, 0.1, F, 0.05, N],
    "huggingface/wavlm-large.json": [L, S, F, 1024, 0.1, 128, 16, 24, 16, 320, 800, 0.1, 4096, 0.0, 0.1, T, 0.1, N],
    "fairseq/wav2vec2_base_bare.yaml": [G, N, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, F, 0.05, N],
    "fairseq/wav2vec2_large_bare.yaml": [L, N, T, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, T, 0.0, N],
    "fairseq/hubert_base.yaml": [G, S, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, F, 0.05, N],
    "fairseq/hubert_large.yaml": [L, S, F, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, T, 0.0, N],
    "fairseq/hubert_xlarge.yaml": [L, S, F, 1280, 0.0, 128, 16, 48, 16, 0.0, 5120, 0.0, 0.0, T, 0.0, N],
    "fairseq/wav2vec2_base.yaml": [G, N, F, 768, 0.1, 128, 16, 12, 12, 0.1, 3072, 0.0, 0.1, F, 0.05, N],
    "fairseq/wav2vec2_large.yaml": [L, N, T, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, T, 0.0, N],
    "fairseq/wav2vec2_large_tpu.yaml": [L, N, T, 1024, 0.0, 128, 16, 24, 16, 0.0, 4096, 0.0, 0.0, T, 0.0, N],
    "fairseq/data2vec_audio_base.yaml": [N, F, 768, 0.0, 5, 19, 16, 12, 12, 0.1, 3072, 0.0, 0.1, 0.05, N],
    "relatives/fithubert_two_layers.yaml": [G, S, F, 768, 0.1, 128, 16, 2, 12, 0.1, 3072, 0.0, 0.1, F, 0.0, N],
}
REFUSED: dict[str, list[str]] = {
    "fairseq/data2vec_2_base.yaml": ["E280 _name"],
    "fairseq/mr_hubert_base.yaml": ["E280 _name"],
    "fairseq/mr_hubert_large.yaml": ["E280 _name"],
    "fairseq/wav2vec2_conformer_base.yaml": ["E280 attn_type", "E280 layer_type", "E280 pos_enc_type"],
    "fairseq/wav2vec2_conformer_large.yaml": ["E280 attn_type", "E280 layer_type", "E280 pos_enc_type"],
    "fairseq/hubert_base_10h.yaml": ["E281 w2v_path"],
    "fairseq/wav2vec2_base_100h.yaml": ["E281 w2v_path"],
    "fairseq/wav2vec2_base_960h.yaml": ["E281 w2v_path"],
    "fairseq/wav2vec2_vox_10m.yaml": ["E281 w2v_path"],
    "fairseq/wav2vec2_vox_960h.yaml": ["E281 w2v_path"],
    "fairseq/wav2vec_u_finetune.yaml": ["E281 w2v_path"],
    "fairseq/xlsr_finetune.yaml": ["E281 w2v_path"],
    "fairseq/mms_infer.yaml": ["E281 None"],
    "relatives/distilhubert.yaml": ["E283 None"],
    "relatives/fairseq2_base_100h.yaml": ["E283 None"],
    "relatives/fairseq2_base_960h.yaml": ["E283 None"],
    "relatives/fairseq2_large_960h.yaml": ["E283 None"],
    "relatives/fairseq2_cards.yaml": ["E100 None"],
    "relatives/fithubert.yaml": ["E280 enable_tr_layer"],
    "relatives/fitwav2vec2.yaml": ["E280 enable_tr_layer"],
    "relatives/lighthubert_base.yaml": ["E283 None"],
    "relatives/lighthubert_small.yaml": ["E283 None"],
}
WARNED = {
    "fairseq/wav2vec2_base.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_base_bare.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_conformer_base.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_conformer_large.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_large.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_large_bare.yaml": ["W282 quantize_targets"],
    "fairseq/wav2vec2_large_tpu.yaml": ["W282 quantize_targets"],
    "fairseq/data2vec_audio_base.yaml": ["W282 _name"],
    "relatives/fithubert.yaml": ["W282 distiller"],
    "relatives/fithubert_two_layers.yaml": ["W282 distiller"],
    "relatives/fitwav2vec2.yaml": ["W282 distiller"],
}
# fmt: on
FILES = sorted(f"{path.parent.name}/{path.name}" for path in DATA.glob("*/*"))


def read(name: str) -> Reading:
    return read_config(parse_document(read_file(str(DATA / name))))


def read_text(text: str, name: str = "c.yaml", dialect: str | None = None) -> Reading:
    return read_config(parse_document(Source(name, text.encode(), name), dialect))


def codes(reading: Reading) -> list[str]:
    return [f"{problem.rule.code} {problem.key}" for problem in reading.problems]


def located(reading: Reading) -> list[str]:
    return [
        f"{problem.place.line}:{problem.place.column} {problem.rule.code} {problem.key}" for problem in reading.problems
    ]


@pytest.mark.parametrize("name", FILES)
def test_each_published_config_comes_to_its_values_or_is_refused_for_its_reason(name: str) -> None:
    reading = read(name)
    assert codes(reading) == REFUSED.get(name, [])
    assert [f"{warning.rule.code} {warning.key}" for warning in reading.warnings] == WARNED.get(name, [])
    if name not in REFUSED:
        assert reading.model is not None
        assert list(reading.model.to_mapping().values()) == VALUES[name]


def test_every_fixture_has_an_expectation() -> None:
    assert set(FILES) == VALUES.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", [name for name in FILES if name in VALUES])
def test_every_field_of_a_published_config_is_accounted_for(name: str) -> None:
    document = parse_document(read_file(str(DATA / name)))
    assert document.translation is not None
    accounts = document.translation.accounts
    assert {account.field for account in accounts if account.field} == document.entries.keys() - {"architecture"}
    stated = {part for account in accounts if account.status != "defaulted" for part in account.theirs.split(", ")}
    assert stated == set(paths(name))
    assert not [account for account in accounts if account.note == "unknown"]


def paths(name: str) -> list[str]:
    """The paths of all fields of a file: its own level, and that of the model; and the sample rate's."""
    import yaml

    content = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    levels = [level for level in ("model", "distiller") if level in content]
    names = [key for key in content if key not in levels]
    rates = ["task.sample_rate"] if "sample_rate" in content.get("task", {}) else []
    return names + rates + [f"{level}.{key}" for level in levels for key in content[level]]


FINE_TUNED = """\
model:
  _name: wav2vec_ctc
  encoder_embed_dim: 512
  conv_feature_layers: '[(1, 1, 1)]'
  layerdrop: 0.2
  activation_dropout: 1e-1
  w2v_args:
    model:
      _name: wav2vec2
      encoder_embed_dim: 384
      encoder_attention_heads: 6
      dropout: 0.3
      encoder_layerdrop: 0.4
"""


@pytest.mark.parametrize("wrap", ["{}", "cfg:\n{}", "config:\n{}"])
def test_the_architecture_of_a_fine_tuned_model_is_in_w2v_args_and_its_dropouts_are_not(wrap: str) -> None:
    text = FINE_TUNED if wrap == "{}" else wrap.format(indented(FINE_TUNED))
    model = read_text(text).model
    assert model is not None
    assert (model.encoder_embed_dim, model.encoder_num_heads) == (384, 6)
    assert model.extractor_conv_layer_config is None
    assert model.encoder_layer_drop == 0.2
    assert model.encoder_ff_interm_dropout == 0.1
    # Absent at the top, they are 0, whatever w2v_args say.
    assert (model.encoder_dropout, model.encoder_attention_dropout, model.encoder_projection_dropout) == (0, 0, 0)


def test_every_field_of_a_fine_tuned_model_is_accounted_for() -> None:
    document = parse_document(Source("c.yaml", f"cfg:\n{indented(FINE_TUNED)}other: 1\n".encode()))
    assert document.translation is not None
    notes = {account.theirs: account.note for account in document.translation.accounts if account.status == "ignored"}
    assert notes == {
        "other": "the rest of the training config",
        "cfg.model._name": "which model it is",
        "cfg.model.encoder_embed_dim": "out of date: w2v_args say it",
        "cfg.model.conv_feature_layers": "out of date: w2v_args say it",
        "cfg.model.w2v_args.model._name": "which model it is",
        "cfg.model.w2v_args.model.dropout": "out of date: the level around w2v_args says it",
        "cfg.model.w2v_args.model.encoder_layerdrop": "out of date: the level around w2v_args says it",
    }


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_the_same_as_json_without_levels() -> None:
    text = json.dumps({
        "arch": "hubert_ctc", "layerdrop": 0.1,
        "w2v_args": {"_name": "hubert", "encoder_layers": 3, "encoder_embed_dim": 96, "encoder_attention_heads": 8},
    })  # fmt: skip
    model = read_text(text).model
    assert model is not None
    assert (model.encoder_num_layers, model.encoder_embed_dim, model.encoder_layer_drop) == (3, 96, 0.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wav2vec2\n  activation_fn: relu\n", ["3:18 E280 activation_fn"]),
        ("wav2vec2\n  encoder_layers: ???\n", ["3:19 E281 encoder_layers"]),
        ("wav2vec2\n  encoder_layers: ${oc.env:X}\n", ["3:19 E281 encoder_layers"]),
        ("wav2vec2\n  encoder_layers: ${task.depth}\n", ["3:19 E281 encoder_layers"]),
        ("wav2vec2\n  encoder_layers: twelve\n", ["3:19 E210 encoder_layers"]),
        ("wav2vec2\n  extractor_mode: group\n", ["3:19 E220 extractor_mode"]),
        ("wav2vec2\n  encoder_attention_heads: 7\n", ["3:28 E234 encoder_attention_heads"]),
        # The default is not at fault where the other field is stated.
        ("wav2vec2\n  encoder_embed_dim: 700\n", ["3:22 E233 conv_pos_groups", "3:22 E234 encoder_attention_heads"]),
        ("wav2vec2\n  encoder_embed_dim: 512\n  encoder_attention_heads: 8\n", ["3:22 E280 encoder_embed_dim"]),
        ("wav2vec2\n  conv_feature_layers: '__import__(1)'\n", ["3:24 E222 conv_feature_layers"]),
        ("wav2vec2\n  conv_feature_layers: '[(1, 1, 1)] * 1000000'\n", ["3:24 E222 conv_feature_layers"]),
        ("wav2vec2\n  conv_feature_layers: '[(512, 0, 1)]'\n", ["3:24 E223 conv_feature_layers[0][1]"]),
        ("speech2c\n", ["2:10 E280 _name"]),
        ("nobody_knows\n", ["2:10 E280 _name"]),
        ("wav2vec2\n  <<: {}\n  encoder_layers: 3\n", ["3:3 E200 <<"]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_fairseq_config_is_said_of_its_own_field_at_its_place(
    text: str, expected: list[str]
) -> None:
    assert located(read_text(f"model:\n  _name: {text}")) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hidden_act": "relu"}, "E280 hidden_act"),
        ({"feat_extract_activation": "relu"}, "E280 feat_extract_activation"),
        ({"layer_norm_eps": 1e-6}, "E280 layer_norm_eps"),
        ({"model_type": "hubert", "add_adapter": True}, "E280 add_adapter"),
        ({"model_type": "hubert", "adapter_attn_dim": 16}, "E280 adapter_attn_dim"),
        ({"feat_proj_layer_norm": False}, "E280 feat_proj_layer_norm"),
        ({"conv_pos_batch_norm": True}, "E280 conv_pos_batch_norm"),
        ({"pos_conv_depth": 5}, "E280 pos_conv_depth"),
        ({"layer_type": "conformer"}, "E280 layer_type"),
        ({"position_embeddings_type": "relative"}, "E280 position_embeddings_type"),
        ({"num_buckets": 320}, "E280 num_buckets"),
        ({"pruned_heads": {"0": [1]}}, "E280 pruned_heads"),
        ({"model_type": "bert"}, "E280 model_type"),
        ({"conv_kernel": [10, 3]}, "E222 conv_kernel"),
        ({"conv_dim": [], "conv_kernel": [], "conv_stride": []}, "E221 conv_dim"),
        ({"conv_dim": 512}, "E222 conv_dim"),
        ({"conv_kernel": [10, 3, 3, 0, 3, 2, 2]}, "E223 conv_kernel[3]"),
        ({"conv_dim": [512, "512", 512, 512, 512, 512, 512]}, "E222 conv_dim[1]"),
        ({"num_attention_heads": 7}, "E234 num_attention_heads"),
        ({"layerdrop": 2}, "E240 layerdrop"),
        ({"feat_extract_norm": "batch"}, "E220 feat_extract_norm"),
        ({"do_stable_layer_norm": 1}, "E211 do_stable_layer_norm"),
    ],
)
def test_what_is_wrong_in_a_hugging_face_config_is_said_of_its_own_field(
    changes: dict[str, Any], expected: str
) -> None:
    text = json.dumps({"model_type": "wav2vec2"} | changes, indent=2)
    reading = read_text(text, "config.json")
    assert codes(reading) == [expected]
    [problem] = reading.problems
    name = expected.split()[1]
    assert name.partition("[")[0] in problem.message
    assert problem.place.line is not None
    line = text.splitlines()[problem.place.line - 1]
    assert "[" in name or name in line


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"architectures": ["Wav2Vec2ForSequenceClassification"]}, "architectures"),
        ({"architectures": ["Wav2Vec2ForXVector"]}, "architectures"),
        ({"architectures": ["MyOwnModel"]}, "architectures"),
        ({"use_weighted_layer_sum": True}, "use_weighted_layer_sum"),
        ({"final_proj": True}, "final_proj"),
        ({"target_glu": True}, "target_glu"),
    ],
)
def test_what_stands_beside_the_architecture_is_warned_of(changes: dict[str, Any], key: str) -> None:
    reading = read_text(json.dumps({"model_type": "hubert"} | changes))
    assert reading.model is not None
    assert [(warning.rule.code, warning.key) for warning in reading.warnings] == [("W282", key)]


def test_what_a_hugging_face_config_does_not_state_takes_the_defaults_of_transformers() -> None:
    model = read_text('{"model_type": "unispeech-sat"}').model
    assert model is not None
    assert (model.encoder_ff_interm_dropout, model.encoder_layer_drop, model.aux_num_out) == (0.1, 0.1, None)


@pytest.mark.parametrize(
    ("architectures", "vocabulary", "outputs"),
    [
        (["Wav2Vec2ForCTC"], {"vocab_size": 40}, 40),
        (["Wav2Vec2ForCTC"], {}, 32),
        ("Wav2Vec2ForCTC", {"vocab_size": 40}, 40),
        (["TFWav2Vec2ForCTC"], {"vocab_size": 40}, 40),
        (["Wav2Vec2Model"], {"vocab_size": 40}, None),
        (["Wav2Vec2ForPreTraining"], {"vocab_size": 40}, None),
        (None, {"vocab_size": 40}, None),
    ],
)
def test_the_vocabulary_counts_for_ctc_only(
    architectures: Any, vocabulary: dict[str, Any], outputs: int | None
) -> None:
    model = read_text(json.dumps({"model_type": "wav2vec2", "architectures": architectures} | vocabulary)).model
    assert model is not None
    assert model.aux_num_out == outputs


def test_a_problem_across_two_files_names_the_fields_as_each_file_does(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2",\n "hidden_size": 700}')
    (tmp_path / "own.yaml").write_text("extends: config.json\nencoder_num_heads: 7\nencoder_pos_conv_groups: 3\n")
    [problem] = read_config(parse_document(read_file(str(tmp_path / "own.yaml")))).problems
    assert problem.place.path.endswith("own.yaml")
    assert problem.message.startswith("encoder_pos_conv_groups is 3, which does not divide hidden_size 700")


def test_a_dialect_can_be_forced() -> None:
    # fairseq's width has the name that ours has; a config of text models has sizes of the same names.
    for text, dialect in (("encoder_embed_dim: 384\n", "fairseq"), ("hidden_size: 384\n", "huggingface")):
        assert read_text(text).model is None
        model = read_text(text, dialect=dialect).model
        assert model is not None
        assert model.encoder_embed_dim == 384


@pytest.mark.parametrize("dialect", ["fairseq", "huggingface"])
@pytest.mark.parametrize(
    "text", ["extends: base\n", "attention_dropout: 0.3\n", "{}", "conv_bias: true\ndropout: 0.1\n"]
)
def test_a_forced_dialect_of_which_nothing_is_stated_is_refused(text: str, dialect: str) -> None:
    assert codes(read_text(text, dialect=dialect)) == ["E281 None"]


def test_json_of_our_fields_is_torchaudio_s(tmp_path: Path) -> None:
    arguments = {"extractor_mode": "group_norm", "encoder_num_layers": 3}
    reading = read_text(json.dumps(arguments))
    assert reading.document.translation is not None
    assert reading.document.translation.dialect == "torchaudio"
    assert {problem.rule.code for problem in reading.problems} == {"E201"}


def test_a_comment_gives_the_head_that_fairseq_has_no_field_for() -> None:
    reading = read_text(f"# w2v: aux_num_out=0\n{FINE_TUNED}")
    assert located(reading) == ["1:20 E237 aux_num_out"]
    model = read_text(f"# w2v: aux_num_out=31\n{FINE_TUNED}").model
    assert model is not None
    assert model.aux_num_out == 31


def test_interpolations_of_what_the_file_states_are_followed() -> None:
    text = "width: 96\nmodel:\n  _name: wav2vec2\n  encoder_embed_dim: ${width}\n"
    model = read_text(f"{text}  encoder_ffn_embed_dim: ${{model.encoder_embed_dim}}\n").model
    assert model is not None
    assert (model.encoder_embed_dim, model.encoder_ff_interm_features) == (96, 96)
