"""`convert`, and other programs' configs wherever a command takes one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.program import Runner

DATA = Path(__file__).parent.parent / "data/dialects"
HUGGING_FACE = str(DATA / "huggingface/wav2vec2-base-960h.json")
FAIRSEQ = str(DATA / "fairseq/hubert_large.yaml")


def test_the_account_says_what_became_of_each_field(run: Runner) -> None:
    code, out, err = run("convert", FAIRSEQ, "--to", "huggingface")
    assert code == 0
    assert json.loads(out)["num_hidden_layers"] == 24
    assert "0 refused, 12 mapped, 4 defaulted, 11 ignored" in err
    assert "model.encoder_ffn_embed_dim    intermediate_size" in err
    assert "fairseq's HubertConfig" in err
    assert "masking (3)" in err
    assert "model.mask_prob" not in err
    assert "model.mask_prob" in run("convert", FAIRSEQ, "--to", "huggingface", "--verbose").err


@pytest.mark.parametrize("config", [FAIRSEQ, HUGGING_FACE, "base", str(DATA / "huggingface/wavlm-base.json")])
@pytest.mark.parametrize("to", ["w2v", "torchaudio", "fairseq", "huggingface", "python"])
def test_the_account_fits_a_terminal(config: str, to: str, run: Runner) -> None:
    err = run("convert", config, "--to", to, "--verbose", columns=80).err
    lines = [line for line in err.splitlines() if ": error " not in line]
    assert all(len(line) <= 80 for line in lines)


def test_what_is_refused_is_in_the_account_and_at_its_place(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"hidden_size": 96,\n "model_type": "sew"}')
    code, out, err = run("convert", str(path), "--to", "w2v")
    assert (code, out) == (2, "")
    assert "Refused" in err
    assert f"{path}:2:16: error E280 foreign-refused: model_type is text 'sew'" in err


def test_what_the_target_cannot_say_is_refused_under_the_name_it_came_by(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "wav2vec2",\n "hidden_size": 512, "num_attention_heads": 8}')
    code, out, err = run("convert", str(path), "--to", "fairseq")
    assert (code, out) == (2, "")
    assert f"{path}:2:17: error E280 foreign-refused: hidden_size is 512, the width of the last convolution" in err
    assert run("convert", str(path), "--to", "torchaudio").code == 0


def test_an_output_file_is_written_whole_or_not_at_all(run: Runner, tmp_path: Path) -> None:
    target = tmp_path / "config.json"
    assert run("convert", "base", "--to", "huggingface", "-o", str(target)).out == ""
    assert json.loads(target.read_text())["hidden_size"] == 768
    assert run("convert", "base", "--to", "huggingface", "-o", str(tmp_path / "none/c.json")).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_head_for_fairseq_s_config_is_set_by_hand(run: Runner) -> None:
    assert "the size of the target dictionary" in run("convert", FAIRSEQ, "--to", "w2v").err
    code, out, err = run("convert", FAIRSEQ, "--to", "huggingface", "--set", "aux_num_out=32")
    assert (code, json.loads(out)["vocab_size"]) == (0, 32)
    assert "--set" in err


@pytest.mark.parametrize(
    "arguments",
    [["summary"], ["summary", "--format", "json"], ["identify"], ["compare", "base"], ["lint"], ["lint", "--fix"]],
    ids=" ".join,
)
@pytest.mark.parametrize("config", [FAIRSEQ, HUGGING_FACE, str(DATA / "fairseq/hubert_xlarge.yaml")])
def test_every_command_takes_other_programs_configs(arguments: list[str], config: str, run: Runner) -> None:
    before = Path(config).read_bytes()
    code, out, err = run(*arguments, config)
    assert (code, err) == (0, "")
    assert out
    assert Path(config).read_bytes() == before


def test_a_folder_stands_for_its_config_json(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model/config.json").write_bytes(Path(HUGGING_FACE).read_bytes())
    code, out, _ = run("summary", str(tmp_path / "my-model"), "--format", "json")
    document = json.loads(out)
    assert (code, document["config"]["name"], document["config"]["fields"]["aux_num_out"]) == (0, "my-model", 32)
    code, out, _ = run("lint", str(tmp_path))
    assert (code, out.partition(";")[0]) == (0, "No problems in 1 file")


def test_the_dialect_can_be_forced_where_the_content_leaves_it_open(run: Runner) -> None:
    text = b"encoder_embed_dim: 384\nattention_dropout: 0.3\n"
    assert run("summary", "-", stdin=text).code == 2
    document = json.loads(run("summary", "-", "--from", "fairseq", "--format", "json", stdin=text).out)
    assert document["config"]["fields"]["encoder_attention_dropout"] == 0.3
    text = b"hidden_size: 768\nattention_dropout: 0.3\n"
    assert run("lint", "-", stdin=text).code == 1
    assert run("lint", "-", "--from", "huggingface", stdin=text).code == 0
    assert run("lint", "-", "--from", "fairseq", stdin=text).code == 1


def test_what_is_not_counted_is_said_beside_the_result(run: Runner) -> None:
    code, out, err = run("summary", str(DATA / "relatives/fithubert_two_layers.yaml"))
    assert code == 0
    assert out
    assert "warning W282 foreign-head: distiller: the prediction heads of distillation are not counted" in err


def test_configs_of_two_programs_are_equal_by_meaning(run: Runner, tmp_path: Path) -> None:
    target = str(tmp_path / "config.json")
    run("convert", "base", "--to", "huggingface", "-o", target)
    assert json.loads(run("compare", "base", target, "--format", "json").out)["identical"] is True
    assert "equal to the presets base and" in run("identify", target).out


def test_lint_passes_over_what_only_looks_alike_in_a_folder(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "finetune.yaml").write_text("model:\n  _name: wav2vec_ctc\n  w2v_path: ???\n")
    (tmp_path / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')
    (tmp_path / "compose.yaml").write_text("services:\n  web: {}\n")
    assert run("lint", str(tmp_path)).code == 2
    code, out, _ = run("lint", str(tmp_path), "--allow-empty")
    assert (code, out) == (0, "No config was checked (3 files passed over)\n")
    assert run("lint", str(tmp_path / "finetune.yaml")).code == 1


def test_the_rules_about_our_own_yaml_are_not_for_others(run: Runner) -> None:
    out = run("lint", FAIRSEQ, HUGGING_FACE, "--select", "E,W1,A406", "--fail-on", "advice").out
    assert out.startswith("No problems in 2 files; 2 advisory findings hidden (A405, W309)")


def test_schema_is_added_to_none_but_our_own(run: Runner) -> None:
    code, _, err = run("schema", "--write", FAIRSEQ)
    assert code == 2
    assert "is no config of ours" in err


def test_our_own_config_can_extend_another_program_s(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"extends: {HUGGING_FACE}\naux_num_out: 50\n")
    document = json.loads(run("summary", str(path), "--format", "json").out)
    assert document["config"]["fields"]["aux_num_out"] == 50
    assert document["config"]["fields"]["encoder_layer_drop"] == 0.1
    assert f"from {HUGGING_FACE}" in run("convert", str(path), "--to", "w2v").err


@pytest.mark.parametrize("output", ["nowhere/out.yaml", "."])
def test_output_that_cannot_be_written_is_one_line(
    run: Runner, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("convert", "hubert_large", "--to", "huggingface", "--output", output)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: cannot write")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("to", "name", "instead"),
    [
        ("w2v", "out.json", "out.yaml"),
        ("fairseq", "out.JSON", "out.yaml"),
        ("python", "out.yaml", "out.py"),
        ("huggingface", "model.safetensors", "model.json"),
    ],
)
def test_what_is_written_can_be_read_under_its_name(
    run: Runner, to: str, name: str, instead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run("convert", "base", "--to", to, "--output", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f"name it {instead}\n")
    assert not Path(name).exists()
    assert run("convert", "base", "--to", to, "--output", instead).code == 0


def test_of_a_config_that_is_wrong_the_mistakes_alone_are_said(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "hubert", "hidden_size": 500, "num_conv_pos_embedding_groups": 20}')
    outcome = run("convert", str(path), "--to", "fairseq")
    assert (outcome.code, outcome.out) == (2, "")
    [line] = outcome.err.splitlines()
    assert "num_attention_heads is 12, which does not divide hidden_size 500" in line


@pytest.mark.parametrize("name", ["###[x]", "a####vso[b]", "##[##[x]"])
def test_no_name_is_a_command_of_a_runner(name: str, tmp_path: Path, run: Runner) -> None:
    (tmp_path / "a.yaml").write_text(f"extends: base\nname: '{name}'\n")
    code, out, _ = run("convert", str(tmp_path / "a.yaml"), "--to", "w2v")
    assert (code, yaml.safe_load(out)["name"]) == (0, name)
    assert not re.search(r"##\w*\[", out)


def test_the_account_is_no_wider_for_a_long_name(tmp_path: Path, run: Runner) -> None:
    fields = {"x" * 100_000: 1} | {f"field_{number}": number for number in range(500)}
    (tmp_path / "a.json").write_text(json.dumps({"model": {"_name": "wav2vec2", "encoder_layers": 3} | fields}))
    code, _, err = run("convert", str(tmp_path / "a.json"), "--to", "w2v", "--allow-unknown")
    assert (code, len(err) < 200_000) == (0, True)
    for format in ("table", "json", "csv"):
        (tmp_path / "b.yaml").write_text(f"extends: base\nname: {'x' * 100_000}\n")
        code, out, _ = run("summary", str(tmp_path / "b.yaml"), "--format", format)
        assert (code, len(out) < 1_000_000) == (0, True)


def test_what_the_target_cannot_say_counts_as_refused(run: Runner) -> None:
    code, out, err = run("convert", "distilhubert", "--to", "fairseq")
    assert (code, out) == (2, "")
    assert "1 refused, 17 mapped" in err
    assert "prediction_num_heads is null, and such a model of fairseq always has it; write a value" in err


def test_an_architecture_that_the_target_has_not_comes_with_those_that_have_it(run: Runner) -> None:
    code, out, err = run("convert", "w2v_bert_2", "--to", "fairseq")
    assert (code, out) == (2, "")
    assert "fairseq has no model of the architecture wav2vec2_bert; write it as w2v or huggingface" in err
