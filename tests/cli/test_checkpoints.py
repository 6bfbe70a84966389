"""``inspect``, ``check``, and checkpoints in the place of configs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from tests.checkpoint_files import SMALL, UNTOLD, model_shapes, named, safetensors_bytes, settings, write_model
from tests.cli.test_process import HEAVY, python
from tests.program import Runner
from w2v_explore import CheckpointError, ModelConfig, load_config
from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY
from w2v_explore.config.dialects.huggingface import to_huggingface
from w2v_explore.families.wav2vec2.fields import FIELDS

CONV = "extractor_conv_layer_config"


def test_inspect_tells_what_shapes_tell_and_asks_for_the_rest_by_name(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors")
    code, out, err = run("inspect", str(path), "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    told = {field: {"value": SMALL[field], "origin": "shapes"} for field in FIELDS if field not in UNTOLD}
    assert document["fields"] == told
    assert tuple(document["missing"]) == UNTOLD
    for field, message in document["missing"].items():
        assert f"--set {field}=" in message or f"--set '{field}=" in message
    assert "channels and kernels are 6·4, 6·3, 10·2" in document["missing"][CONV]
    assert document["fit"]["fits"] is True
    assert document["checkpoint"]["dialect"] == "torchaudio"


def test_what_is_given_fills_the_rest_and_is_written_with_its_origin(tmp_path: Path, run: Runner) -> None:
    path, written = write_model(tmp_path / "model.safetensors"), tmp_path / "written.yml"
    code, _, err = run("inspect", str(path), *settings(), "--write", str(written))
    assert (code, err) == (0, f"wrote {written}\n")
    assert "encoder_num_heads: 4  # --set" in written.read_text()
    assert "encoder_embed_dim: 8  # shapes" in written.read_text()
    config = yaml.safe_load(written.read_text())
    assert {field: config[field] for field in FIELDS} == SMALL
    assert run("lint", str(written), "--select", "E").code == 0
    assert run("check", str(path), str(written)).code == 0


@pytest.mark.parametrize("name", ["model.yaml", "config.yaml"])
@pytest.mark.parametrize("has_other", [False, True])
def test_what_was_written_beside_the_weights_is_written_anew(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, name: str, has_other: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    path, given = write_model(tmp_path / "model.safetensors"), settings()
    if has_other:
        arguments = [part for field, value in SMALL.items() for part in ("--set", f"{field}={json.dumps(value)}")]
        Path("config.json").write_text(run("convert", "base", *arguments, "--to", "huggingface").out)
    command = ("inspect", path.name, *given, "--write", name)
    for _ in range(2):
        assert run(*command).code == 0
    written = Path(name).read_text()
    Path(name).write_text(written.replace("encoder_dropout: 0.5", "encoder_dropout: 0.25"))
    assert run(*command).code == 0
    config = yaml.safe_load(Path(name).read_text())
    assert {field: config[field] for field in FIELDS} == SMALL
    for line in ("# mine\n", "budgets: {parameters: 1M}\n", "extends: base\n"):
        mine = line + written
        Path(name).write_text(mine)
        code, _, err = run(*command)
        assert (code, err) == (2, f"error: {name} would be replaced by what is made from it; give another file\n")
        assert Path(name).read_text() == mine


def test_what_was_converted_beside_the_weights_is_converted_again(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(Path("model.safetensors"))
    arguments = [part for field, value in SMALL.items() for part in ("--set", f"{field}={json.dumps(value)}")]
    Path("config.json").write_text(run("convert", "base", *arguments, "--to", "huggingface").out)
    for _ in range(2):
        assert run("convert", "model.safetensors", "--to", "w2v", "-o", "model.yaml").code == 0
    mine = Path("model.yaml").read_text() + "# mine\n"
    Path("model.yaml").write_text(mine)
    assert run("convert", "model.safetensors", "--to", "w2v", "-o", "model.yaml").code == 2
    assert Path("model.yaml").read_text() == mine


def test_nothing_is_written_while_a_field_is_unknown(tmp_path: Path, run: Runner) -> None:
    path, written = write_model(tmp_path / "model.safetensors"), tmp_path / "written.yml"
    code, out, err = run("inspect", str(path), *settings(names=UNTOLD[1:]), "--write", str(written))
    assert (code, out) == (2, "")
    assert err == (
        f"error: {path}: the strides of {CONV} cannot be told from shapes, and its channels and kernels are "
        f"6·4, 6·3, 10·2; give --set '{CONV}=[[6, 4, STRIDE], …]'\n"
    )
    assert not written.exists()


def test_the_standard_kernels_suggest_the_standard_strides(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors", {**SMALL, CONV: None})
    err = run("summary", str(path)).err
    assert f"give --set {CONV}=null if its strides are the standard 5, 2, 2, 2, 2, 2, 2 too" in err


def test_every_command_takes_a_checkpoint_for_a_config(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors")
    code, out, err = run("summary", str(path), "--format", "json", "--seconds", "1")
    assert (code, out) == (2, "")
    assert err.count("\n") == len(UNTOLD)
    assert f"{path}: error E201 missing-key: encoder_num_heads cannot be told from shapes; give --set" in err
    code, out, err = run("summary", str(path), "--format", "json", "--seconds", "1", *settings())
    assert (code, err) == (0, "")
    assert json.loads(out)["config"]["fields"] == SMALL
    assert run("compare", str(path), "base", *settings()).code == 0


@pytest.mark.parametrize("beside", ["config.json", "model.yaml", "config.yaml"])
def test_a_config_beside_the_weights_tells_the_rest(beside: str, tmp_path: Path, run: Runner) -> None:
    model = ModelConfig.from_mapping(SMALL)
    text = json.dumps(to_huggingface(model)) if beside == "config.json" else yaml.safe_dump(SMALL)
    (tmp_path / beside).write_text(text)
    path = write_model(tmp_path / "model.safetensors")
    for reference in (str(path), str(tmp_path)):
        assert load_config(reference).model == model
        fields = json.loads(run("inspect", reference, "--format", "json").out)["fields"]
        assert {field: found["value"] for field, found in fields.items()} == SMALL
        assert fields["encoder_num_heads"]["origin"] == beside
        assert fields["encoder_embed_dim"]["origin"] == f"shapes, {beside}"


def test_a_config_beside_the_weights_may_extend_another(tmp_path: Path, run: Runner) -> None:
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL))
    (tmp_path / "config.yaml").write_text("extends: small.yaml\nencoder_num_heads: 2\nfamily: ours\n")
    write_model(tmp_path / "model.safetensors")
    config = load_config(str(tmp_path))
    assert config.model == ModelConfig.from_mapping({**SMALL, "encoder_num_heads": 2})
    assert config.family == "ours"
    fields = json.loads(run("inspect", str(tmp_path), "--format", "json").out)["fields"]
    assert fields["encoder_num_heads"]["origin"] == "config.yaml"
    assert fields["encoder_dropout"]["origin"] == "small.yaml"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("encoder_num_heads: x\n", "config.yaml:1:20: error E210"),
        ("extends: nothing.yaml\n", "E260"),
        ("- 1\n", "E106"),
    ],
)
def test_a_wrong_config_beside_the_weights_is_reported_at_its_place(
    text: str, message: str, tmp_path: Path, run: Runner
) -> None:
    (tmp_path / "config.yaml").write_text(text)
    write_model(tmp_path / "model.safetensors")
    for command in ("inspect", "summary"):
        code, out, err = run(command, str(tmp_path))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert message in err


@pytest.mark.parametrize("cfg", [{"a": {(1, 2): 3}}, {"model": {"x": torch.zeros(2)}}])
def test_a_config_inside_that_is_no_plain_data_gets_a_message(cfg: Any, tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.pt"
    torch.save({"model": fairseq_state(SMALL), "cfg": cfg}, path)
    code, out, err = run("inspect", str(path))
    assert (code, out) == (2, "")
    assert f"{path} (cfg)" in err
    assert "Traceback" not in err
    # Held against another config, the one inside is not asked.
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL))
    assert run("check", str(path), str(tmp_path / "small.yaml")).code == 0


def test_our_own_config_inside_tells_the_rest(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors", metadata={CONFIG_METADATA_KEY: json.dumps(SMALL)})
    assert load_config(str(path)).model == ModelConfig.from_mapping(SMALL)
    fit = json.loads(run("inspect", str(path), "--format", "json").out)["fit"]
    assert (fit["fits"], fit["matched"]) == (True, len(model_shapes()))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '{"encoder_num_heads": "x"}'])
def test_a_wrong_config_inside_gets_a_message(text: str, tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors", metadata={CONFIG_METADATA_KEY: text})
    code, out, err = run("inspect", str(path))
    assert (code, out) == (2, "")
    assert CONFIG_METADATA_KEY in err
    assert "Traceback" not in err


def fairseq_state(fields: dict[str, Any]) -> dict[str, torch.Tensor]:
    shapes = model_shapes(fields)
    names = named(shapes, "fairseq", prefix="w2v_encoder.w2v_model.", extractor_mode=fields["extractor_mode"])
    return {name: torch.zeros(shape) for name, shape in names.items()}


def test_fairseqs_config_inside_a_pickle_tells_the_rest(tmp_path: Path, run: Runner) -> None:
    w2v = {
        "_name": "wav2vec2", "conv_feature_layers": "[(6, 4, 2), (6, 3, 2)] + [(10, 2, 1)]",
        "extractor_mode": "layer_norm",
        "conv_bias": True, "encoder_embed_dim": 8, "conv_pos": 5, "conv_pos_groups": 2, "encoder_layers": 3,
        "encoder_attention_heads": 4, "encoder_ffn_embed_dim": 12, "layer_norm_first": True,
    }  # fmt: skip
    model = {
        "_name": "wav2vec_ctc", "w2v_args": {"model": w2v}, "dropout_input": 0.25, "attention_dropout": 0.125,
        "activation_dropout": 0.0625, "dropout": 0.5, "layerdrop": 0.75,
    }  # fmt: skip
    path = tmp_path / "model.pt"
    torch.save({"model": fairseq_state(SMALL), "cfg": {"model": model, "task": {"_name": "audio_finetuning"}}}, path)
    assert load_config(str(path)).model == ModelConfig.from_mapping(SMALL)
    document = json.loads(run("inspect", str(path), "--format", "json").out)
    assert document["checkpoint"]["dialect"] == "fairseq"
    assert document["checkpoint"]["prefix"] == "w2v_encoder.w2v_model."
    assert document["fields"]["aux_num_out"] == {"value": 7, "origin": "shapes"}
    assert document["fields"]["encoder_num_heads"]["origin"] == "model.pt (cfg)"
    assert document["fit"]["fits"] is True


def test_where_a_config_and_the_shapes_disagree_the_message_names_both(tmp_path: Path, run: Runner) -> None:
    wrong = {**SMALL, "encoder_num_layers": 4, CONV: [[6, 4, 2], [6, 5, 2], [10, 2, 1]]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(wrong))
    path = write_model(tmp_path / "model.safetensors")
    layers = (
        "encoder_num_layers is 4 in config.yaml and 3 by the shapes of the weights (encoder.transformer.layers.0–2)"
    )
    kernels = f"{CONV}: config.yaml and the shapes of the weights disagree on channels or kernels"
    code, out, err = run("inspect", str(path))
    assert code == 1
    assert f"{path}: {layers}" in err
    assert f"{path}: {kernels}" in err
    assert "encoder_num_layers" in out
    with pytest.raises(CheckpointError) as raised:
        load_config(str(path))
    assert layers in str(raised.value)
    assert kernels in str(raised.value)
    code, out, err = run("inspect", str(path), "--write", str(tmp_path / "written.yml"))
    assert (code, out) == (2, "")
    assert layers in err
    assert not (tmp_path / "written.yml").exists()


@pytest.mark.parametrize("name", ["weights", "model.safetensors", "config.JSON", "new.pt"])
def test_a_config_is_written_over_no_weights_and_into_no_json(tmp_path: Path, run: Runner, name: str) -> None:
    path = write_model(tmp_path / "model.safetensors").rename(tmp_path / "weights")
    content = path.read_bytes()
    code, out, err = run("inspect", str(path), *settings(), "--write", str(tmp_path / name))
    assert (code, out) == (2, "")
    assert str(tmp_path / name) in err
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["weights"]


def test_what_is_given_must_agree_with_the_shapes(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors")
    code, _, err = run("inspect", str(path), *settings(), "--set", "encoder_num_layers=5")
    assert code == 1
    assert "encoder_num_layers is 5 in --set and 3 by the shapes of the weights" in err
    code, _, err = run("inspect", str(path), "--set", "encoder_num_heads=3")
    assert code == 2
    assert "E234" in err


def test_what_has_no_place_is_counted_and_named(tmp_path: Path, run: Runner) -> None:
    shapes = named(model_shapes(), "huggingface", prefix="wav2vec2.")
    shapes |= {"wav2vec2.masked_spec_embed": (8,), "quantizer.codevectors": (1, 4, 2), "nonsense": (3,)}
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(shapes))
    document = json.loads(run("inspect", str(path), *settings(), "--format", "json").out)
    parameters = document["parameters"]
    assert parameters["head"] == 7 * (8 + 1)
    assert (parameters["extras"], parameters["unknown"]) == (16, 3)
    assert parameters["total"] == sum(parameters.values()) - parameters["total"]
    assert [extra["name"] for extra in document["extras"]] == ["wav2vec2.masked_spec_embed", "quantizer.codevectors"]
    table = run("inspect", str(path), columns=80).out
    assert "wav2vec2.masked_spec_embed" in table
    assert "nonsense" in table
    assert max(map(len, table.splitlines())) <= 80
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL))
    code, out, _ = run("check", str(path), str(tmp_path / "small.yaml"), "--format", "json")
    assert code == 1
    assert json.loads(out)["unexpected"] == [{"name": "nonsense", "dtype": "float32", "shape": [3]}]
    del shapes["nonsense"]
    path.write_bytes(safetensors_bytes(shapes))
    assert run("check", str(path), str(path), *settings()).code == 0
    assert "not counted: wav2vec2.masked_spec_embed (stands for" in run("summary", str(path), *settings()).err


def test_check_names_what_does_not_fit_with_equal_layers_folded(tmp_path: Path, run: Runner) -> None:
    shapes = model_shapes()
    del shapes["aux.bias"]
    shapes["encoder.transformer.layers.1.attention.k_proj.bias"] = (9,)
    shapes["encoder.transformer.layers.2.attention.k_proj.bias"] = (9,)
    path, config = tmp_path / "model.safetensors", tmp_path / "config.yaml"
    path.write_bytes(safetensors_bytes(shapes))
    config.write_text(yaml.safe_dump({**SMALL, "encoder_num_layers": 5}))
    code, out, err = run("check", str(path), str(config))
    assert (code, err) == (1, "")
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "encoder.transformer.layers.3–4.… 32 16 tensors each" in rows
    assert "aux.bias 1 7" in rows
    assert "encoder.transformer.layers.1–2.attention.k_proj.bias 2 9, wanted 8" in rows
    document = json.loads(run("check", str(path), str(config), "--format", "json").out)
    assert document["fits"] is False
    assert len(document["missing"]) == 33
    assert [found["name"] for found in document["misshapen"]] == [
        "encoder.transformer.layers.1.attention.k_proj.bias",
        "encoder.transformer.layers.2.attention.k_proj.bias",
    ]
    config.write_text(yaml.safe_dump({**SMALL, "encoder_num_layers": 2, "aux_num_out": None}))
    rows = [" ".join(line.split()) for line in run("check", str(path), str(config)).out.splitlines()]
    assert "encoder.transformer.layers.2.… 16 16 tensors each" in rows
    assert "aux.weight 1 7×8" in rows


def test_a_checkpoint_of_another_model_says_so(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes({"\x1b[2Jbert.embeddings": (2, 2)}))
    code, out, err = run("inspect", str(path))
    assert (code, out) == (2, "")
    assert "holds no wav2vec 2.0 model" in err
    assert r"1 tensors, the first \x1b[2Jbert.embeddings" in err
    code, out, err = run("check", str(path), "base")
    assert (code, err) == (1, "")
    assert r"\x1b[2Jbert.embeddings" in out
    assert "\x1b" not in out


def test_weights_of_a_model_made_of_others_lead_to_its_config(tmp_path: Path, run: Runner) -> None:
    fields = {**SMALL, "aux_num_out": None}
    model = ModelConfig.from_mapping(fields)
    both = {"model_type": "speech-encoder-decoder", "encoder": to_huggingface(model), "decoder": {"model_type": "bert"}}
    (tmp_path / "config.json").write_text(json.dumps(both))
    weights = named(model_shapes(fields), "huggingface", prefix="encoder.")
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes(weights | {"decoder.embeddings.weight": (2, 2)}))
    for reference in (tmp_path, tmp_path / "model.safetensors"):
        code, out, err = run("summary", str(reference))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert f"name {tmp_path / 'config.json'} for the model in it that can be" in err
    assert load_config(str(tmp_path / "config.json")).model == model


def test_a_number_of_layers_beyond_all_bounds_is_refused(tmp_path: Path, run: Runner) -> None:
    shapes = {**model_shapes(), "encoder.transformer.layers.999999999.layer_norm.weight": (8,)}
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(shapes))
    code, _, err = run("inspect", str(path))
    assert code == 2
    assert "encoder_num_layers is 1000000000; the largest allowed is 10000" in err


@pytest.mark.parametrize(
    "command", [["inspect", "{}"], ["check", "{}", "{}/config.yaml"], ["summary", "{}"]], ids=" ".join
)
def test_nothing_heavy_is_imported_for_a_safetensors_file(command: list[str], tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SMALL))
    arguments = [part.format(tmp_path) for part in command]
    code = (
        "import sys; from w2v_explore.cli import main\n"
        f"sys.argv = ['w2v-explore', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as exit_: assert not exit_.code, exit_.code\n"
        f"print(sorted({{*{HEAVY!r}, 'safetensors'}} & set(sys.modules)), file=sys.stderr)\n"
    )
    finished = python("-c", code)
    assert finished.stderr == "[]\n"
    assert finished.stdout


@pytest.mark.parametrize("place", ["config.json", "config.yaml", "inside"])
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("encoder_num_heads", 8, "encoder_num_heads is 8, and 4 in"),
        ("encoder_layer_norm_first", True, "encoder_layer_norm_first is true, and false in"),
        (CONV, [[6, 10, 5], [8, 3, 1]], f"the strides of {CONV} are 5, 1, and 5, 2 in"),
    ],
)
def test_check_asks_the_config_that_comes_with_weights_for_what_no_shape_shows(
    field: str, value: object, said: str, place: str, tmp_path: Path, run: Runner
) -> None:
    stated = {**SMALL, "encoder_num_heads": 4, "encoder_layer_norm_first": False, CONV: [[6, 10, 5], [8, 3, 2]]}
    metadata = {CONFIG_METADATA_KEY: json.dumps(stated)} if place == "inside" else {}
    path = write_model(tmp_path / "model.safetensors", stated, metadata=metadata)
    if place != "inside":
        values = to_huggingface(ModelConfig.from_mapping(stated)) if place == "config.json" else stated
        (tmp_path / place).write_text(json.dumps(values))
    wanted = tmp_path / "wanted.yaml"
    wanted.write_text(yaml.safe_dump(stated))
    assert run("check", str(path), str(wanted)).code == 0
    wanted.write_text(yaml.safe_dump({**stated, field: value}))
    code, out, err = run("check", str(path), str(wanted))
    assert (code, err) == (1, "")
    assert "does not fit" in out
    assert said in " ".join(out.split())
    document = json.loads(run("check", str(path), str(wanted), "--format", "json").out)
    assert (document["fits"], len(document["conflicts"])) == (False, 1)


OTHERS = [("encoder_num_heads", 2), ("encoder_layer_norm_first", False), (CONV, [[6, 4, 2], [6, 3, 1], [10, 2, 1]])]


@pytest.mark.parametrize(("field", "value"), OTHERS)
@pytest.mark.parametrize("beside", ["config.json", "config.yaml", "model.yaml"])
def test_two_configs_of_one_model_that_disagree_are_refused(
    beside: str, field: str, value: object, tmp_path: Path, run: Runner
) -> None:
    path = write_model(tmp_path / "model.safetensors", metadata={CONFIG_METADATA_KEY: json.dumps(SMALL)})
    for other, code in (SMALL, 0), ({**SMALL, field: value}, 2):
        values = to_huggingface(ModelConfig.from_mapping(other)) if beside == "config.json" else other
        (tmp_path / beside).write_text(json.dumps(values))
        finished = run("summary", str(path))
        assert finished.code == code, finished.err
    assert field in finished.err
    assert f"in {beside}, which no shape shows; name the config" in finished.err
    wanted = tmp_path / "wanted.yaml"
    wanted.write_text(yaml.safe_dump(SMALL))
    assert run("check", str(path), str(wanted)).code == 1


def test_a_config_beside_that_is_of_other_sizes_is_of_another_model(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors", metadata={CONFIG_METADATA_KEY: json.dumps(SMALL)})
    for other in ({**SMALL, "encoder_num_layers": 9, "encoder_num_heads": 2}, {"sample_rate": 8000}, {"x": 1}):
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(other))
        assert run("summary", str(path)).code == 0
        assert load_config(path).sample_rate == 16_000


def test_the_sample_rate_is_taken_from_any_config_of_the_model(tmp_path: Path, run: Runner) -> None:
    path = write_model(tmp_path / "model.safetensors", metadata={CONFIG_METADATA_KEY: json.dumps(SMALL)})
    (tmp_path / "config.json").write_text(json.dumps(to_huggingface(ModelConfig.from_mapping(SMALL))))
    (tmp_path / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')
    config = load_config(path)
    assert (config.sample_rate, config.sample_rate_source) == (8000, "preprocessor_config.json")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({**SMALL, "sample_rate": 22_050}))
    finished = run("summary", str(path))
    assert finished.code == 2
    assert "sample_rate is 8000 in preprocessor_config.json and 22050 in config.yaml" in finished.err


def test_the_arguments_and_the_config_of_fairseq_must_agree(tmp_path: Path, run: Runner) -> None:
    model = {
        "extractor_mode": "layer_norm", "conv_feature_layers": "[(6,4,2),(6,3,2),(10,2,1)]", "conv_bias": True,
        "encoder_embed_dim": 8, "conv_pos": 5, "conv_pos_groups": 2, "encoder_layers": 3, "encoder_attention_heads": 4,
        "encoder_ffn_embed_dim": 12, "layer_norm_first": True,
    }  # fmt: skip
    shapes = model_shapes({**SMALL, "aux_num_out": None})
    names = named(shapes, "fairseq", weight_norm="weight_g")
    weights = {name: torch.zeros(shape) for name, shape in names.items()}
    config = {"model": {"_name": "wav2vec2", **model}}
    path = str(tmp_path / "checkpoint.pt")
    for cfg, heads, code in (config, 4, 0), ({}, 2, 0), (config, 2, 2):
        arguments = argparse.Namespace(arch="wav2vec2", **{**model, "encoder_attention_heads": heads})
        torch.save({"model": weights, "cfg": cfg, "args": arguments}, path)
        finished = run("summary", path)
        assert finished.code == code, finished.err
    assert "encoder_num_heads is 4 in checkpoint.pt (cfg) and 2 in checkpoint.pt (args)" in finished.err
