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
    ],
)
def test_no_is_the_answer_only_of_a_workload_that_was_given(run: Runner, arguments: list[str], code: int) -> None:
    assert run("memory", "base", "--fit", "200MB", *arguments).code == code


def test_which_ways_the_workload_fits(run: Runner) -> None:
    code, out, _ = run("memory", "base", "--fit", "6 GiB", "--batch", "12", "--format", "json")
    fit = json.loads(out)["fit"]
    assert code == 0
    assert fit["memory_bytes"] == 6 * 2**30
    ways = {
        (way, dtype): each["workload_fits"] for way in ("inference", "training") for dtype, each in fit[way].items()
    }
    assert ways[("inference", "float32")]
    assert not ways[("training", "float32")]
    assert run("memory", "base", "--batch", "12").code == 0
    assert "does not fit" in run("memory", "base", "--fit", "6 GiB", "--batch", "12").out


def test_sensitivity_json_and_csv_agree(run: Runner) -> None:
    steps = json.loads(run("sensitivity", "base", "--format", "json").out)["steps"]
    rows = list(csv.DictReader(io.StringIO(run("sensitivity", "base", "--format", "csv").out)))
    assert [step["target"] for step in steps] == [row["target"] for row in rows]
    assert [step["metrics"]["parameters"]["delta"] for step in steps] == [int(row["parameters"]) for row in rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["memory", "base", "--fit", "lots"], "'lots' is no size of a memory; write one as 24GiB"),
        (["memory", "base", "--fit", "24"], "24 would be 24 bytes; write 24GiB"),
        (["memory", "base", "--fit", "-1GB"], "is no size of a memory"),
        (["memory", "base", "--samples", "10"], "10 samples are too few"),
        (["memory", "nosuch"], "no file or preset is named nosuch"),
        (["sensitivity", "base", "--samples", "10"], "10 samples are too few"),
        (["sensitivity", "base", "large"], "unexpected extra argument"),
    ],
)
def test_wrong_questions(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments, columns=200)
    assert (code, out) == (2, "")
    assert message in err
