"""``memory`` and ``sensitivity`` from the command line."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.program import Runner
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.cli.options import Precision

STATES = ("weight", "gradient", "optimizer")


def test_memory_json_adds_up(run: Runner) -> None:
    document = json.loads(run("memory", "base", "--format", "json", "--fit", "24GiB", "--checkpointing").out)
    assert list(document["inference"]) == ["float32", "bfloat16"]
    assert list(document["training"]) == list(PRECISIONS)
    inference = document["inference"]["float32"]
    assert inference["total_bytes"] == inference["parameter_bytes"] + inference["peak_activation_bytes"]
    assert inference["parameter_bytes"] == 4 * 94_370_944
    assert inference["peak_path"] == "feature_extractor.conv_layers.0.layer_norm"
    training = document["training"]["float32"]
    states = [training[f"{name}_bytes"] for name in ("weight", "gradient", "optimizer")]
    assert (
        sum(states)
        == 16 * 94_370_944
        == sum(document["training"]["bfloat16"][f"{name}_bytes"] for name in ("weight", "gradient", "optimizer"))
    )
    assert training["total_bytes"] == sum(states) + training["kept_bytes"]["greatest"]
    assert training["macs"]["greatest"] == training["forward_macs"] + training["backward_macs"]
    fit = document["fit"]
    assert fit["memory_bytes"] == 24 * 2**30
    assert fit["training"]["float32"]["batch"] < fit["checkpointed_training"]["float32"]["batch"]
    assert fit["inference"]["float32"]["seconds"] == fit["inference"]["float32"]["samples"] / 16_000


def test_the_states_of_each_precision(run: Runner) -> None:
    document = json.loads(run("memory", "base", "--format", "json").out)
    states = {
        name: [training[f"{state}_bytes"] for state in ("weight", "gradient", "optimizer")]
        for name, training in document["training"].items()
    }
    bytes_per_parameter = {
        "amp-bfloat16": (4, 4, 8), "amp-float16": (4, 4, 8), "float32": (4, 4, 8), "bfloat16": (2, 2, 12),
        "float16": (2, 2, 12), "pure-bfloat16": (2, 2, 4),
    }  # fmt: skip
    scaler = {"amp-float16": 8}  # the scale of the loss and the steps since it grew
    assert states == {
        name: [94_370_944 * weight, 94_370_944 * gradient, 94_370_944 * optimizer + scaler.get(name, 0)]
        for name, (weight, gradient, optimizer) in bytes_per_parameter.items()
    }
    for training in document["training"].values():
        kept = training["kept_bytes"]["greatest"] + training["cast_weight_bytes"]["greatest"]
        assert training["total_bytes"] == sum(training[f"{name}_bytes"] for name in STATES) + kept
        checkpointed = training["checkpointed"]
        kept = checkpointed["kept_bytes"]["greatest"] + checkpointed["cast_weight_bytes"]["greatest"]
        assert checkpointed["total_bytes"] == sum(training[f"{name}_bytes"] for name in STATES) + kept
        assert (training["cast_weight_bytes"]["greatest"] > 0) == bool(training["recipe"]["autocast"])


def test_a_precision_is_filled_and_listed(run: Runner) -> None:
    arguments = ("memory", "base", "--fit", "24GiB", "--checkpointing")
    document = json.loads(run(*arguments, "--precision", "pure-bfloat16", "--format", "json").out)
    assert document["precision"] == "pure-bfloat16"
    kept = document["training"]["pure-bfloat16"]["kept_bytes"]["greatest"]
    assert document["layers"][0]["kept_bytes"] == kept
    assert list(document["fit"]["training"]) == list(document["fit"]["checkpointed_training"]) == ["pure-bfloat16"]
    table = run(*arguments, "--precision", "amp-float16").out
    assert "Activations that the backward pass keeps (autocast, float16)" in table
    # By itself the dtype of inference says which layers are listed; what most people run is filled too.
    document = json.loads(run(*arguments, "--dtype", "bfloat16", "--format", "json").out)
    assert document["precision"] == "bfloat16"
    assert list(document["fit"]["training"]) == ["amp-bfloat16", "float32", "bfloat16"]


def test_the_option_has_all_precisions() -> None:
    assert [each.value for each in Precision] == list(PRECISIONS)


def test_what_the_layers_keep_adds_up(run: Runner) -> None:
    document = json.loads(run("memory", "xlsr_300m", "--format", "json").out)
    kept = {layer["path"]: layer["kept_bytes"] for layer in document["layers"]}
    assert kept[""] == document["training"]["float32"]["kept_bytes"]["greatest"]
    for parent in ("", "encoder", "encoder.transformer", "encoder.transformer.layers", "encoder.transformer.layers.7"):
        depth = len(parent.split(".")) if parent else 0
        below = [path for path in kept if path and path.startswith(parent) and len(path.split(".")) == depth + 1]
        assert kept[parent] == sum(kept[path] for path in below)


def test_memory_of_several_configs(run: Runner) -> None:
    documents = json.loads(run("memory", "base", "large", "--format", "json").out)
    assert [document["config"]["name"] for document in documents] == ["wav2vec 2.0 Base", "wav2vec 2.0 Large"]
    assert "fit" not in documents[0]


def test_memory_csv_has_the_figures_of_json(run: Runner) -> None:
    rows = list(csv.DictReader(io.StringIO(run("memory", "base", "--format", "csv").out)))
    figures = {row["figure"]: row["value"] for row in rows}
    assert figures["training.float32.kept_bytes.greatest"] == "673816624"
    assert {row["config"] for row in rows} == {"wav2vec 2.0 Base"}


def test_summary_has_the_memory_of_inference(run: Runner) -> None:
    summary = json.loads(run("summary", "base", "--format", "json").out)
    memory = json.loads(run("memory", "base", "--format", "json").out)
    assert summary["memory"]["inference_bytes"] == memory["inference"]["float32"]["total_bytes"]
    assert summary["memory"]["peak_path"] == memory["inference"]["float32"]["peak_path"]
    assert summary["memory"]["training_bytes"] == memory["training"]["float32"]["total_bytes"]
    assert summary["training"]["expected_macs"] == memory["training"]["float32"]["macs"]["expected"]


def test_a_memory_too_small_for_anything(run: Runner) -> None:
    code, out, _ = run("memory", "base", "--fit", "1MB")
    assert (code, out.count("none fits")) == (0, 10)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--dtype", "bfloat16"], 0),
        (["--batch", "1"], 1),
        (["--seconds", "10"], 1),
        (["--samples", "160000"], 1),
        (["--samples", "400"], 0),
        (["--seconds", "10", "--precision", "pure-bfloat16"], 0),
        (["--seconds", "10", "--checkpointing"], 0),
        (["--seconds", "10", "--train", "not-extractor"], 0),
        (["--seconds", "1,10"], 1),
        (["--seconds", "0.5,1"], 0),
    ],
)
def test_no_is_the_answer_only_of_a_workload_that_was_given(run: Runner, arguments: list[str], code: int) -> None:
    assert run("memory", "base", "--fit", "1.776GB", "--reserve", "0", *arguments).code == code


def test_the_way_that_was_asked_about_decides_and_no_other(run: Runner) -> None:
    arguments = ("memory", "base", "--fit", "6 GiB", "--reserve", "0", "--batch", "12")
    code, out, _ = run(*arguments, "--format", "json")
    fit = json.loads(out)["fit"]
    assert code == 1
    assert fit["memory_bytes"] == 6 * 2**30
    ways = {
        (way, dtype): each["workload_fits"] for way in ("inference", "training") for dtype, each in fit[way].items()
    }
    assert ways[("inference", "float32")]
    assert ways[("training", "bfloat16")]
    assert not fit["answer"]["fits"]
    assert fit["answer"]["precision"] == "amp-bfloat16"
    assert not ways[("training", "amp-bfloat16")]
    assert run("memory", "base", "--batch", "12").code == 0
    assert run(*arguments, "--precision", "bfloat16").code == 0


def test_the_answer_stands_first(run: Runner) -> None:
    """In GB of 10^9 bytes: 8.546 are what the table of training says as well."""
    arguments = ("memory", "base", "--batch", "8", "--seconds", "20")
    fits = run(*arguments, "--fit", "24GiB").out
    assert fits.splitlines()[1] == (
        "Fits: a training step in amp-bfloat16 takes 8.546 GB of 25.77 GB less 1.074 GB in reserve, "
        "with 16.15 GB to spare."
    )
    assert "What makes it fit" not in fits
    out = run(*arguments, "--fit", "8GB", "--reserve", "0").out
    assert out.splitlines()[1] == (
        "Does not fit: a training step in amp-bfloat16 takes 8.546 GB of 8.000 GB, 546.4 MB too much."
    )
    assert "batches of 4, 2 of them accumulated" in out
    assert "--train not-extractor" in out
    assert "Nothing that is tried makes it fit" in run(*arguments, "--fit", "1.5GB").out


@pytest.mark.slow
def test_several_lengths(run: Runner) -> None:
    arguments = ("memory", "base", "--batch", "2", "--seconds", "20,5,10", "--fit", "4GB")
    documents = json.loads(run(*arguments, "--format", "json").out)
    assert [each["workload"]["seconds"] for each in documents] == [5, 10, 20]
    assert documents[1] == json.loads(
        run("memory", "base", "--batch", "2", "--seconds", "10", "--fit", "4GB", "--format", "json").out
    )
    out = run(*arguments).out
    assert out.splitlines()[1] == "Fits: 5, 10 s. Does not fit: 20 s."
    assert "Asked of a training step in amp-bfloat16 and of 4.000 GB less 1.074 GB in reserve. What makes" in out
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").out)))
    assert list(dict.fromkeys(row["config"] for row in rows)) == [
        f"wav2vec 2.0 Base, {seconds} s" for seconds in (5, 10, 20)
    ]
    both = json.loads(run("memory", "base", "large", "--seconds", "1,2", "--format", "json").out)
    assert [(each["config"]["origin"], each["workload"]["seconds"]) for each in both] == [
        ("preset base", 1), ("preset base", 2), ("preset large", 1), ("preset large", 2),
    ]  # fmt: skip


def test_sensitivity_json_and_csv_agree(run: Runner) -> None:
    steps = json.loads(run("sensitivity", "base", "--format", "json").out)["steps"]
    rows = list(csv.DictReader(io.StringIO(run("sensitivity", "base", "--format", "csv").out)))
    assert [step["target"] for step in steps] == [row["target"] for row in rows]
    assert [step["metrics"]["parameters"]["delta"] for step in steps] == [int(row["parameters"]) for row in rows]
    assert [" ".join(step["warnings"]) for step in steps] == [row["warnings"] for row in rows]
    assert [str(step["changes_frame_rate"]).lower() for step in steps] == [row["changes_frame_rate"] for row in rows]


def test_sensitivity_of_one_figure(run: Runner) -> None:
    options = ("--only", "encoder_num_layers", "--figure", "macs", "--sort", "parameters", "--format", "csv")
    assert run("sensitivity", "base", *options).out.splitlines() == [
        "target,before,after,moves_along,macs,parameters,changes_frame_rate,warnings",
        "encoder_num_layers,12,11,,-3914331648,-7087872,false,",
        "encoder_num_layers,12,13,,3914331648,7087872,false,",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["memory", "base", "--fit", "lots"], "'lots' is no size of a memory; write one as 24GiB"),
        (["memory", "base", "--fit", "24"], "24 would be 24 bytes; write 24GiB"),
        (["memory", "base", "--fit", "-1GB"], "is no size of a memory"),
        (["memory", "base", "--reserve", "1GiB"], "--reserve goes with --fit"),
        (["memory", "base", "--fit", "24GiB", "--reserve", "2"], "2 would be 2 bytes; write 2GiB"),
        (["memory", "base", "--seconds", "5,,20"], "--seconds is '5,,20'; give numbers with commas between them"),
        (["memory", "base", "--seconds", "5,-1"], "-1 seconds of audio cannot be computed"),
        (["memory", "base", "--seconds", "5,nan"], "nan seconds of audio cannot be computed"),
        (["memory", "base", "--seconds", "5,10", "--samples", "400"], "give --seconds or --samples, not both"),
        (["memory", "base", "--samples", "10"], "10 samples are too few"),
        (["memory", "nosuch"], "no file or preset is named nosuch"),
        (["sensitivity", "base", "--samples", "10"], "10 samples are too few"),
        (["sensitivity", "base", "large"], "unexpected extra argument"),
        (["sensitivity", "base", "--only", "encoder_layer"], "there is no field encoder_layer; did you mean encoder_"),
        (["sensitivity", "base", "--figure", "paramters"], "there is no figure paramters; did you mean parameters?"),
        (["sensitivity", "base", "--sort", "latency.real_time_factor"], "comes from a device, and nothing is run here"),
    ],
)
def test_wrong_questions(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments, columns=200)
    assert (code, out) == (2, "")
    assert message in err
