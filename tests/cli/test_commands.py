"""The commands: results, exit codes, and what goes where."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program import Runner
from w2v_explore import ModelConfig, load_config, preset_names
from w2v_explore.config.family import ARCHITECTURE
from w2v_explore.families.wav2vec2.dialects import HUGGINGFACE
from w2v_explore.families.wav2vec2.fields import FIELDS


def document(run: Runner, *arguments: str) -> Any:
    code, out, err = run(*arguments, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.fixture
def base_yaml(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(load_config("base").model.to_mapping()))
    return path


def test_summary_json_has_the_promised_fields(run: Runner) -> None:
    summary = document(run, "summary", "base", "--seconds", "1", "--batch", "2", "--dtype", "float16")
    assert summary["schema_version"] == 1
    assert summary["config"]["name"] == "wav2vec 2.0 Base"
    assert list(summary["config"]["fields"]) == list(FIELDS)
    assert summary["workload"] == {
        "batch": 2,
        "samples": 16_000,
        "sample_rate": 16_000,
        "seconds": 1.0,
        "frames": 49,
        "dtype": "float16",
    }
    totals = summary["totals"]
    assert totals["parameters"] == 94_370_944
    assert totals["macs"] == 2 * 6_911_374_336
    assert totals["flops"] == 2 * totals["macs"]
    assert totals["parameter_bytes"] == 2 * totals["parameters"]
    assert totals["macs_per_audio_second"] == 6_911_374_336
    extractor = summary["extractor"]
    assert [extractor[name] for name in ("receptive_field_samples", "stride_samples", "minimum_samples")] == [
        400,
        320,
        400,
    ]
    assert extractor["frame_rate_hz"] == 50
    assert extractor["layers"][6] == {
        "out_channels": 512,
        "kernel": 2,
        "stride": 2,
        "receptive_field_samples": 400,
        "jump_samples": 320,
        "frames": 49,
    }
    assert "latency" not in summary


def test_summary_json_unfolds_every_layer(run: Runner) -> None:
    layers = {layer["path"]: layer for layer in document(run, "summary", "base")["layers"]}
    root = layers[""]
    assert (root["kind"], root["depth"], root["parameters"]) == ("Wav2Vec2Model", 0, 94_370_944)
    for number in range(12):
        layer = layers[f"encoder.transformer.layers.{number}.attention.k_proj"]
        assert layer == {
            "path": f"encoder.transformer.layers.{number}.attention.k_proj",
            "kind": "Linear",
            "depth": 6,
            "parameters": 768 * 768 + 768,
            "macs": 499 * 768 * 768,
            "output_shape": [1, 499, 768],
        }
    assert "encoder.transformer.layers.12" not in layers


def test_several_configs_give_a_list(run: Runner) -> None:
    summaries = document(run, "summary", "base", "large")
    assert [summary["config"]["name"] for summary in summaries] == ["wav2vec 2.0 Base", "wav2vec 2.0 Large"]


def test_several_configs_have_an_overview_first(run: Runner) -> None:
    out = run("summary", "base", "--variant", "encoder_num_layers: 6", "--format", "markdown").out
    overview, *others = out.split("\n## ")
    assert overview.startswith("## 2 configs\n\n10 s of audio at 16 kHz (160,000 samples), batch 1, float32\n")
    assert [other.partition("\n")[0] for other in others] == ["wav2vec 2.0 Base", "num\\_layers 6"]
    assert [row.split(" | ")[:2] for row in overview.split("\n") if row.startswith("| ")][-2:] == [
        ["| wav2vec 2.0 Base", "94.37 M"],
        ["| num\\_layers 6", "51.84 M"],
    ]
    assert "Overview" not in run("summary", "base").out
    trained = run("summary", "base", "large", "--precision", "amp-bfloat16", "--full").out
    training = next(row for row in trained.splitlines() if row.startswith("memory of training, amp-bfloat16")).split()
    rows = trained.splitlines()[:8]
    assert "Inference  Training  Receptive field  Stride" in rows[4]
    assert " ".join(training[4:6]) in rows[5]
    assert "Training" not in run("summary", "base", "large").out.partition("\n\nwav2vec")[0]


def test_samples_and_sample_rate(run: Runner) -> None:
    summary = document(run, "summary", "base", "--samples", "8000", "--set", "sample_rate=8000")
    assert summary["workload"]["seconds"] == 1.0
    assert summary["extractor"]["frame_rate_hz"] == 25


def test_csv_and_json_agree(run: Runner) -> None:
    rows = list(csv.DictReader(io.StringIO(run("summary", "base", "--format", "csv").out)))
    layers = document(run, "summary", "base")["layers"]
    assert [(row["path"], int(row["parameters"]), int(row["macs"])) for row in rows] == [
        (layer["path"], layer["parameters"], layer["macs"]) for layer in layers
    ]


def test_compare_json(run: Runner) -> None:
    comparison = document(run, "compare", "base", "large", "xlsr_1b")
    assert len(comparison["configs"]) == 3
    assert comparison["differences"]["encoder_num_layers"] == [12, 24, 48]
    assert "aux_num_out" not in comparison["differences"]
    metric = comparison["metrics"]["parameters"]
    assert metric["values"] == [94_370_944, 315_427_968, 962_496_128]
    assert metric["delta"] == [0, 221_057_024, 868_125_184]
    assert metric["ratio"][0] == 1
    assert comparison["metrics"]["aux.parameters"]["ratio"] == [None, None, None]
    assert comparison["identical"] is False


def test_components_add_up_to_the_model(run: Runner) -> None:
    metrics = document(run, "compare", "asr_base_960h", "asr_large_960h")["metrics"]
    components = [name for name in metrics if name.endswith(".macs") and name != "macs"]
    for column in (0, 1):
        assert sum(metrics[name]["values"][column] for name in components) == metrics["macs"]["values"][column]


def test_compare_a_file_with_its_preset(run: Runner, base_yaml: Path) -> None:
    code, out, _ = run("compare", str(base_yaml), "base")
    assert code == 0
    assert "Identical: all 16 fields are equal." in out
    assert document(run, "compare", str(base_yaml), "base")["identical"] is True


def test_compare_needs_two(run: Runner) -> None:
    code, out, err = run("compare", "base")
    assert (code, out) == (2, "")
    assert "two configs or more" in err


@pytest.mark.parametrize("command", ["summary - -", "compare - -", "memory base - -"])
def test_standard_input_comes_once(run: Runner, command: str) -> None:
    said = "error: standard input comes once: write - for one config alone\n"
    assert run(*command.split(), stdin=b"extends: base\n") == (2, "", said)


def test_standard_input(run: Runner) -> None:
    code, out, _ = run("summary", "-", stdin=b"extends: base\nencoder_num_layers: 1\n")
    assert code == 0
    assert out.startswith("stdin\n<stdin>\n")


@pytest.mark.parametrize("name", preset_names())
def test_resolved_presets_are_self_contained(run: Runner, name: str) -> None:
    code, out, _ = run("presets", "show", name, "--resolved")
    assert code == 0
    model = load_config(name).model
    values = {key: value for key, value in yaml.safe_load(out).items() if key in {ARCHITECTURE, *model.FIELDS}}
    assert ModelConfig.from_mapping(values) == model


def test_presets_show_prints_the_file(run: Runner) -> None:
    assert "extends: base_bundle\n" in run("presets", "show", "asr_base_960h").out
    assert "extends: base_bundle\n" in run("presets", "show", "asr_base_960h.yaml").out


@pytest.mark.parametrize("field", FIELDS)
def test_explain(run: Runner, field: str) -> None:
    code, out, _ = run("explain", field)
    assert code == 0
    assert out.startswith(f"{field}\n{FIELDS[field].summary}\n")
    assert all(name in out for name in HUGGINGFACE.counterparts[field].names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "nosuch.yaml"], "no file or preset is named nosuch.yaml"),
        (["summary", "bse"], "did you mean the preset base?"),
        (["summary", "base", "--samples", "399"], "399 samples are too few: this extractor needs 400"),
        (["summary", "base", "--seconds", "0"], "0 seconds of audio cannot be computed"),
        (["summary", "base", "--seconds", "nan"], "nan seconds of audio cannot be computed"),
        (["summary", "base", "--seconds", "1e300"], "seconds of audio cannot be computed"),
        (["summary", "base", "--samples", "-5"], "-5 samples cannot be computed"),
        (["summary", "base", "--batch", "0"], "a batch of 0 cannot be computed"),
        (["summary", "base", "--seconds", "1", "--samples", "16000"], "give --seconds or --samples, not both"),
        (["summary", "base", "--runs", "3"], "--runs goes with --device"),
        (["summary", "base", "--device", "cpu", "--runs", "0"], "give a number from 1 to"),
        (["summary", "base", "--set", "encoder_num_layers=0"], "E235 layers-positive: encoder_num_layers is 0"),
        (["summary", "base", "--set", "encoder_num_layer=4"], "did you mean encoder_num_layers?"),
        (["summary", "base", "--set", "oops"], "write --set field=value"),
        (["summary", "base", "--set", "encoder_num_layers=1e18"], "encoder_num_layers is text '1e18'"),
        (["summary", "base", "--dtype", "int8"], "int8"),
        (["summary", "base", "--depth", "-1"], "--depth"),
        (["summary"], "Missing argument"),
        (["sumary", "base"], "Did you mean 'summary'?"),
        (["presets", "show", "bas"], "did you mean the preset base?"),
        (["explain", "extends"], "no field of the model but a key about the file"),
        (["explain", "hubert_base"], "presets show hubert_base"),
        (["explain", "num_hidden_layer"], "did you mean encoder_num_layers?"),
        (["schema", "--write", "base"], "presets show base > base.yaml"),
        (["summary", "base", "--seconds", "1e12"], "give at most 68,719,476.74"),
        (["summary", "base", "--seconds", "0"], "give a positive duration"),
        (["explain", "encoder_heads"], "did you mean encoder_num_heads?"),
        (
            ["explain", "encoder_num_buckets", "--architecture", "wav2vec2"],
            "encoder_num_buckets is a field of wavlm, not of wav2vec2; give --architecture wavlm",
        ),
        (["explain", "max_bucket_distance", "--architecture", "wav2vec2"], "Hugging Face's name for a field of wavlm"),
    ],
)
def test_wrong_questions(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments, columns=200)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_all_problems_of_all_configs_are_reported(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("extends: base\nencoder_num_heads: 7\nencoder_dropout: 1.5\n")
    Path("b.yaml").write_text("extends: base\nencoder_layer_norm_first: 'no'\n")
    code, out, err = run("compare", "a.yaml", "b.yaml")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "a.yaml:2:20: error E234 heads-divide: encoder_num_heads is 7, which does not divide encoder_embed_dim 768; "
        "write 6 or 8, the nearest that do",
        "a.yaml:3:18: error E240 dropout-range: encoder_dropout is 1.5, no probability; write a number from 0 to 1",
        "b.yaml:2:27: error E211 bool-type: encoder_layer_norm_first is text 'no'; write false",
    ]


def test_a_shared_fault_is_reported_once(run: Runner) -> None:
    _, _, err = run("compare", "base", "hubert_base", "--set", "encoder_num_layers=0")
    assert len(err.splitlines()) == 1


def test_a_defect_exits_with_3(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.cli import summary

    def fail(*arguments: object, **options: object) -> None:
        raise AssertionError("broken inside")

    monkeypatch.setattr(summary, "analyze_each", fail)
    code, _, err = run("summary", "base")
    assert code == 3
    assert "broken inside" in err
    assert "This is a defect in w2v-explore" in err


def test_ctrl_c_exits_with_130(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.cli import summary

    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(summary, "analyze_each", interrupt)
    assert run("summary", "base").code == 130


def test_deep_encoders_are_folded(run: Runner) -> None:
    shallow = run("summary", "base", "--full", "--set", "encoder_num_layers=2").out
    deep = run("summary", "base", "--full", "--set", "encoder_num_layers=2000").out
    assert "layers.0–1999" in deep
    assert len(deep.splitlines()) == len(shallow.splitlines())


@pytest.mark.parametrize("command", ["summary", "memory"])
def test_csv_tells_configs_of_one_name_apart(
    command: str, tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, preset in ("old", "base"), ("new", "large"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.yaml").write_text(f"extends: {preset}\n")
    paths = "old/model.yaml", "new/model.yaml"
    out = run(command, *paths, "--format", "csv").out
    assert {row["config"] for row in csv.DictReader(io.StringIO(out))} == {f"model ({path})" for path in paths}
    out = run(command, paths[0], paths[0], "--format", "csv").out
    assert {row["config"] for row in csv.DictReader(io.StringIO(out))} == {"model (1)", "model (2)"}


def test_a_broken_condition_names_the_config_among_those_of_one_name(tmp_path: Path, run: Runner) -> None:
    for folder, preset in ("old", "base"), ("new", "large"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.yaml").write_text(f"extends: {preset}\n")
    paths = [str(tmp_path / folder / "model.yaml") for folder in ("old", "new")]
    code, _, err = run("summary", *paths, "--fail-if", "parameters > 100M")
    assert (code, err.count("it fails if")) == (1, 1)
    assert f"model ({paths[1]}): parameters is 315,427,968" in err
