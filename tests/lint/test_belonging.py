"""What a searched folder's files are: ours, right or wrong, or passed over with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore.config.document import parse_document
from w2v_explore.config.presets import presets_folder
from w2v_explore.config.text.source import Source
from w2v_explore.lint.belonging import reason_to_pass_over


def reason(content: str | bytes, name: str = "x.yaml") -> str | None:
    return reason_to_pass_over(
        parse_document(Source(name, content if isinstance(content, bytes) else content.encode(), name))
    )


@pytest.mark.parametrize(
    "text",
    [
        "x: 1\ny: 2\nz: 3\nencoder_num_lyers: 12\n",
        "extends: base\nbudgets: {parameters: 10M}\n",
        "extends: base\nname: mine\n",
        "extends: base\nsearch: {encoder_num_layers: [6, 12]}\n",
        "extends: base\nsample_rate: 8000\n",
        "extends: bsae\n",
        "extends: base\nmodel_type: bert\n",
        "extends: [base]\n",
        "extends:\n",
        "budgets: {parameters: 10M}\n",
        "architecture: wav2vec2\n",
        "published_parameters: 95 M\nname: x\n",
        "encoder_num_layers: 12\n",
        # Misspelt throughout.
        "encoder_num_layer: 12\n",
        "name: x\nencoder-num-layers: 12\nencoder_num_head: 8\n",
        "EncoderNumLayers: 12\nEncoderEmbedDim: 768\n",
        "extend: base\n",
        "extned: base.yaml\nnmae: x\n",
        # Fields that reach no model.
        "model:\n  encoder_num_layers: 12\n  encoder_num_heads: 8\n",
        # Not parsed, and ours by what the text says.
        "extends: base\n  encoder_num_layers: [\n",
        "extends base\nencoder_num_layers: 3\n",
        "encoder_num_layers 12\n",
        '"extends": base\n]\n',
        "{extends: base, encoder_num_layers: [}\n",
        "architecture: [\n",
        "name: a\n---\nextends: base\n",
        "- encoder_num_layers: 12\n",
        "model:\n\tconv_feature_layers: '[(512, 10, 5)]'\n",
        "extends: base\nname: Gr\u00fcn\n".encode("latin-1"),
        "extends: base\n".encode("utf-16-le"),
        b"extends: base\nname: \x07\n",
        # A misspelt family is no other family.
        '{"model_type": "wav2vec", "hidden_size": 768}',
        '{"model_type": "Wav2Vec2", "hidden_size": 768}',
        "model: {_name: wav2vec22, encoder_layers: 12}\n",
        # What says which model it is is no name, and the rest tells.
        '{"model_type": ["hubert"], "feat_extract_norm": "layer"}',
        "model: {_name: '${arch}', conv_pos: 95, conv_feature_layers: '[(8, 3, 2)]'}\n",
        # A group of fairseq's folder that there is not.
        "defaults:\n  - _self_\n  - model: wav2vec2/wav2vec2_lrage\n",
        "defaults: [override /model: hubert/hubert_xlarge]\ntask: {_name: hubert_pretraining}\n",
        # A base further in, and a field beside it.
        "encoder:\n  extends: large\n  encoder_num_heads: 13\n",
        # fairseq's, and it does not parse.
        "model:\n  conv_pos_groups: *groups\n  encoder_layers: 3\n",
        # Which of the two holds is not plain.
        "model:\n  _name: wav2vec2\n  encoder_layers: 12\n  _name: audio_pretraining\n",
        '{"model_type": "hubert", "model_type": "bert"}',
        # A class that is none, or another family's, of a family that can be read.
        '{"model_type": "hubert", "architectures": [2]}',
        '{"model_type": "wav2vec2", "architectures": ["WavLMModel"]}',
        # fairseq's, below a misspelt key.
        "modle:\n  _name: hubert\n  encoder_layers: 3\n",
        # A misspelt extends that begins or goes on with another character.
        "\u00e9xtends: large\nname: mine\n",
        "exten]ds: base\n",
        "  extends: hubert_base\nname: mine\n",
        # Spaces that do not break, and characters of no width, copied from a page.
        "extends\u00a0: base\n",
        "\u200bencoder_num_heads: 12\nname: x\n",
        "extends = base\nsample_rate = 8000\n",
        # Nobody knows what it stands for.
        "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1403\n",
        # A whole config of ours, with a tag in it.
        "encoder_num_layers: 12\nencoder_num_heads: 8\nencoder_embed_dim: !ref <d>\nencoder_dropout: 0.1\n",
    ],
)
def test_ours(text: str | bytes) -> None:
    assert reason(text) is None


@pytest.mark.parametrize(
    "text",
    ['{"model_type": "wav2vec2", "hidden_size": 768,}', '{"architectures": ["HubertForCTC"],\n "hidden_size": 768'],
)
def test_a_config_json_that_does_not_parse_is_ours_by_its_family(text: str) -> None:
    assert reason(text, "config.json") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("services:\n  web:\n    extends: {file: common.yaml, service: web}\n", "a docker-compose file"),
        ("services:\n  web:\n    extends: {file: [\n", "names no field of a model"),
        ("job:\n  extends: .test\n  script: [pytest]\n", "no config of a wav2vec 2.0 model"),
        ("extends: default\nrules: {line-length: disable}\n", "another program's settings"),
        ("extends: [eslint:recommended]\nplugins: [react]\n", "another program's settings"),
        ("root: true\nextends: eslint:recommended\nenv: {node: true}\n", "another program's settings"),
        ("extends:\n  - '@commitlint/config-conventional'\n", "another program's settings"),
        ("extends: [[spectral:oas, all]]\n", "another program's settings"),
        ("trigger: [main]\nextends:\n  template: v1/build.yml@templates\n", "another program's settings"),
        ("EXTENDS: https://example.org/megalinter.yml\nAPPLY_FIXES: all\n", "no field of a model"),
        # A space alone, and another program's search.
        ("search:\n  encoder_num_layers: [6, 12]\n  encoder_num_heads: [8, 12]\n", "a space for `search`"),
        (
            "search:\n  encoder_num_layers: 2..12\n  encoder_num_heads: [8, 12]\n  encoder_dropout: [0, 0.1]\n"
            "  extractor_mode: [layer_norm]\n  encoder_embed_dim: [512, 768]\n",
            "a space for `search`",
        ),
        ("search: {provider: local}\nname: site\n", "no field of a model"),
        # Kinds that are known are other programs' whatever names stand in them.
        ("wav2vec2: !new:speechbrain.X\nencoder_dropout: 0.1\n", "HyperPyYAML"),
        (
            "method: grid\nprogram: t.py\nparameters:\n  encoder_num_layers: {values: [6, 12]}\n"
            "  encoder_num_heads: {values: [8]}\n  encoder_dropout: {value: 0}\n  encoder_embed_dim: {value: 768}\n",
            "a sweep of Weights & Biases",
        ),
        (
            "model:\n  class_path: my.Encoder\n  init_args: {encoder_num_layers: 12, encoder_num_heads: 13}\n",
            "a config of Hydra or of a program that builds its classes",
        ),
        (
            "encoder: torchaudiohubert\noptim: adam\nmodel_conf: {x: 1}\nencoder_conf:\n  extractor_mode: group_norm\n"
            "  encoder_num_layers: 12\n  encoder_num_heads: 12\n  encoder_embed_dim: 768\n  encoder_dropout: 0\n",
            "a recipe of ESPnet",
        ),
        (
            "encoder_layers: 12\nencoder_embed_dim: 768\nrelative_position_embedding: true\ninput_patch_size: 16\n",
            "this is BEATs, which takes spectrograms",
        ),
        ("openapi: 3.0.0\nx:\n  encoder_num_layers: {type: integer}\n  encoder_num_heads: {}\n", "(OpenAPI)"),
        ("services: {web: {image: x}}\narchitecture: arm64\n", "a docker-compose file"),
        # A model of one's own, in a program that is not fairseq.
        ("defaults:\n  - model: hubert_xlarge\n  - data: mine\n", "defaults names model"),
        ("services:\n  web:\n    extends: base\n", "a docker-compose file"),
        ('{"model_type": "speech-encoder-decoder", "encoder": {"model_type": "wav2vec2"}}', "speech-encoder-decoder"),
        ('{"model_type": "bert", "x": 1, "x": 2}', "given on line 1"),
        ("model: {_name: hubert_ctc, w2v_path: '???'}\n", "in the checkpoint that is fine-tuned"),
        ("init: {_name: hubert_asr, x: 1}\n", "no config of a wav2vec 2.0 model"),
        ("sample_rate: 16000\nn_mels: 80\n", "no config of a wav2vec 2.0 model"),
        ("name: CI\non: push\njobs: {}\n", "a workflow of GitHub Actions"),
        ("extend:\n  - sphinx\n", "no field of a model"),
        # One name that is near a field of ours among many that are not.
        ("encoder_n_layers: 3\nn_mel: 80\nlr: 1e-3\nepochs: 4\ndecoder_dim: 3\n", "no config of a wav2vec"),
        ("a: [\n", "names no field of a model"),
        ("- 1\n- 2\n", "the file is a list"),
        ("", "empty"),
        ("# nothing\n", "the file is empty"),
        (b"\x80\x81", "no UTF-8"),
        ('{"model_type": "bert", "hidden_size": 768}', "model_type is text 'bert'"),
        ("model: {_name: transformer_lm}\ntask: {_name: language_modeling}\n", "_name is text"),
    ],
)
def test_passed_over(text: str | bytes, why: str) -> None:
    found = reason(text)
    assert found is not None
    assert why in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".yamllint.yml", "extends: default\n"),
        (".stylelintrc.yaml", "extends: stylelint-config-standard\n"),
        (".markdownlint.yaml", "extends: null\ndefault: true\n"),
        (".releaserc.yml", "extends: semantic-release-monorepo\nbranches: [main]\n"),
    ],
)
def test_a_hidden_file_that_extends_what_is_not_there_is_another_programs(name: str, text: str) -> None:
    assert "another program's settings" in str(reason(text, name))
    assert reason(text, "mine.yaml") is None


def test_a_hidden_file_that_extends_a_preset_or_a_file_is_ours(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text("extends: base\n")
    for text in ("extends: base\n", "extends: parent.yaml\n", "extends: nothing\nencoder_num_heads: 13\n"):
        assert reason(text, str(tmp_path / ".mine.yaml")) is None


def test_every_preset_is_ours(run: Runner) -> None:
    finished = run("lint", str(presets_folder()), "--format", "json")
    document = json.loads(finished.out)
    assert finished.code == 0
    assert document["passed_over"] == []
    assert len(document["files"]) == len(list(presets_folder().glob("*.yaml")))


@pytest.mark.parametrize("name", ["a.YAML", "a.Yml", "Config.JSON", "config.json"])
def test_the_case_of_a_files_name_does_not_matter(run: Runner, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"model_type": "wav2vec2", "num_hidden_layers": 0}')
    assert run("lint", str(tmp_path)).code == 1


def test_a_folder_says_what_naming_the_file_says(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("extends: base\nbudgets: {parameters: 10M}\n")
    assert run("lint", "a.yaml", "--format", "json").out == run("lint", ".", "--format", "json").out
    assert "E270" in run("lint", ".").out
