"""plan: what it says is what its parts work out, each setting with what says it, and one message for what is wrong."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program import Runner
from w2v_explore import Workload, load_config, memory, plan
from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.memory.optimizers import OPTIMIZERS
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.plan.asked import OBJECTIVES
from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.analysis.plan.runs import recipe_named, runs_that
from w2v_explore.analysis.plan.strategies import STRATEGIES
from w2v_explore.cli.options import Precision
from w2v_explore.cli.plan import Objective, Strategy
from w2v_explore.report.units import size_bytes

TRAINING_CONFIGS = yaml.safe_load((Path(__file__).parent.parent / "data/training_configs.yaml").read_text())

MEMORY = ("parameters", "gradients", "optimizer", "activations", "gathered", "total")
FIXED = (
    "devices", "card", "strategy", "memory_bytes_per_device", "updates", "seconds_per_update", "hours", "device_days",
    "cost", "utilisation", "updates_per_epoch", "padding_share",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))


def planned(run: Runner, *arguments: str, code: int = 0) -> Any:
    outcome = run("plan", *arguments, "--format", "json")
    assert outcome.code == code, outcome.err
    return json.loads(outcome.out)["plan"]


def basis(document: Any, what: str) -> tuple[str, str]:
    [found] = [each for each in document["assumptions"] if each["what"] == what]
    return found["value"], found["basis"]


def training_config(name: str, **sections: dict[str, object]) -> str:
    """A file of fairseq's, with what is changed of it."""
    path = f"{name}.yaml"
    document = {key: {**value, **sections.get(key, {})} for key, value in TRAINING_CONFIGS[name].items()}
    Path(path).write_text(yaml.safe_dump(document, sort_keys=False))
    return path


# --- The figures -------------------------------------------------------------------------------------------------


def test_json_has_the_promised_names(run: Runner) -> None:
    document = planned(run, "base", "--card", "a100", "--devices", "8", "--price", "1.80")
    assert set(FIXED) <= set(document)
    assert tuple(document["memory_bytes_per_device"]) == MEMORY
    assert tuple(document["hours"]) == ("estimate", "low", "high")
    assert {"value", "basis"} <= set(document["utilisation"])
    hours = document["hours"]["estimate"]
    assert document["device_days"] == pytest.approx(8 * hours / 24)
    assert document["cost"] == pytest.approx(8 * hours * 1.8)
    assert document["seconds_per_update"] == pytest.approx(3600 * hours / document["updates"])
    flops = 2 * document["macs_per_update"] / document["seconds_per_update"]
    peak = 8 * known_cards()["a100-80gb"].flops["float16"]
    assert document["utilisation"]["value"] == pytest.approx(flops / peak)


@pytest.mark.parametrize("published", runs_that("fit"), ids=lambda run: run.name)
def test_published_trainings_take_as_long_as_was_published(published: Any) -> None:
    work = published.work
    found = plan(
        published.preset or load_config(work["config"], work.get("overrides", {})),
        card=published.card,
        devices=published.devices,
        precision=published.precision,
        compiled=published.compiled,
        updates=published.updates,
        as_recipe=published.preset or published.model,
    )
    assert found.settings.accumulate == 1
    assert found.time.hours.estimate == pytest.approx(published.hours, rel=0.06)


SPIDR = [each for each in runs_that("held-out") if each.model == "SpidR Base"]


@pytest.mark.parametrize("published", SPIDR, ids=lambda run: run.name)
def test_trainings_that_nothing_is_fitted_on_lie_within_the_interval(published: Any) -> None:
    """SpidR on fewer devices, which accumulate batches for it."""
    found = plan(
        load_config("data2vec_audio_base", {"encoder_layer_drop": 0}),
        card=published.card,
        devices=published.devices,
        compiled=published.compiled,
        as_recipe="spidr_base",
    )
    assert found.settings.accumulate == published.accumulate
    assert found.settings.precision == published.precision
    hours = found.time.hours
    assert hours.low < published.hours < hours.high
    assert hours.estimate == pytest.approx(published.hours, rel=0.06)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_device_needs_what_memory_says_of_its_batch(precision: str, checkpointing: bool) -> None:
    found = plan(
        "base", card="h200-141gb", devices=1, precision=precision, checkpointing=checkpointing, batch_seconds=40,
        updates=1, objective="self-distillation",
    )  # fmt: skip
    training = memory("base", found.analysis.workload, teacher=True).training[precision]
    held = found.need.memory
    assert held.parameters == training.weight_bytes + training.teacher_bytes
    assert (held.gradients, held.optimizer, held.gathered) == (training.gradient_bytes, training.optimizer_bytes, 0)
    assert held.total == training.peak_bytes(checkpointing)
    # Gradients come as activations go.
    assert sum(held[:4]) - held.gradients <= held.total <= sum(held[:4])


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_keep_what_memory_says(optimizer: str, accumulate: int) -> None:
    found = plan(
        "base", card="h200-141gb", devices=1, precision="amp-float16", optimizer=optimizer, batch_seconds=40,
        accumulate=accumulate,
    )  # fmt: skip
    config, workload = found.analysis.config, found.analysis.workload
    costs = memory(config, workload, optimizer=optimizer, accumulate=accumulate).training["amp-float16"]
    assert found.need.memory.optimizer == costs.optimizer_bytes
    assert found.need.memory.total == costs.peak_bytes(checkpointing=False)
    assert found.to_dict()["plan"]["optimizer"] == optimizer


def test_the_largest_batch_has_all_that_the_ceiling_allows() -> None:
    found = plan("base", card="a100", devices=8)
    workload = found.analysis.workload
    assert workload.batch == 6
    assert workload.audio_seconds == pytest.approx(87.5, abs=0.01)


def test_pre_training_has_its_parts_and_a_head_stays_as_it_is() -> None:
    for name, pretrained in (("base", "wav2vec2_pretrain_base"), ("hubert_base", "hubert_pretrain_base")):
        model = plan(name, card="a100").analysis.config.model
        assert model.family.name == load_config(pretrained).model.family.name
        # Presets differ in dropouts, of which those of the encoder hold.
        fields = load_config(pretrained).model.to_mapping() | load_config(name).model.to_mapping()
        assert model.to_mapping() == {field: fields[field] for field in model.FIELDS}
    tuned = plan("asr_base_960h", card="a100", updates=1)
    assert tuned.analysis.config.model == load_config("asr_base_960h").model
    assert tuned.settings.extractor_trained == 0


@pytest.mark.parametrize("precision", ["amp-bfloat16", "float16"])
def test_a_frozen_extractor_keeps_and_learns_nothing(precision: str) -> None:
    arguments: Any = {"card": "a100", "devices": 1, "precision": precision, "batch_seconds": 40, "updates": 9}
    found = plan("asr_base_960h", **arguments)
    assert ("extractor", "frozen") in {(each.what, each.value) for each in found.assumptions}
    workload = found.analysis.workload
    frozen = memory("asr_base_960h", workload, train="not-extractor").training[precision]
    held = found.need.memory
    assert (held.gradients, held.optimizer) == (frozen.gradient_bytes, frozen.optimizer_bytes)
    assert held.total == frozen.peak_bytes(checkpointing=False)
    features = plan("w2v_bert_2", objective="ctc", **arguments)
    assert "extractor" not in {each.what for each in features.assumptions}
    whole = plan("asr_base_960h", objective="self-distillation", **arguments)
    assert found.macs < whole.macs
    assert found.need.memory.activations < whole.need.memory.activations


def test_a_teacher_is_kept_and_runs() -> None:
    plain = plan("base", card="a100", devices=1, batch_seconds=50, updates=10)
    taught = plan("base", card="a100", devices=1, batch_seconds=50, updates=10, objective="self-distillation")
    assert taught.macs > plan("base", card="a100", devices=1, batch_seconds=50, updates=10, objective="ctc").macs
    assert taught.need.memory.parameters == 8 * taught.analysis.parameters
    assert plain.need.memory.parameters == 2 * plain.analysis.parameters


# --- What says the settings --------------------------------------------------------------------------------------


def test_what_is_not_counted_is_an_assumption_and_what_is_added_no_warning(run: Runner) -> None:
    def not_counted(*arguments: str) -> tuple[list[str], str]:
        outcome = run("plan", *arguments, "--card", "a100", "--format", "json")
        assert outcome.code == 0
        found = json.loads(outcome.out)["plan"]["assumptions"]
        return [each["value"] for each in found if each["what"] == "not counted"], outcome.err

    how = ("--batch-seconds", "60", "--updates", "9")
    pretraining = training_config("wav2vec2_base", model={"_name": "wav2vec2", "quantize_targets": True})
    assert not_counted(pretraining) == ([], "")
    values, err = not_counted(pretraining, "--objective", "masked-prediction")
    assert (values, err) == ([], "")
    values, err = not_counted(pretraining, "--objective", "ctc")
    assert [value.split(":")[0] for value in values] == [
        "quantize_targets",
        "a head for CTC, which this model lacks",
    ]
    assert "W282" in err
    model = {"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForPreTraining"], "feat_extract_norm": "group"}
    Path("config.json").write_text(json.dumps(model))
    assert not_counted("config.json", "--objective", "contrastive", *how) == ([], "")
    assert not_counted("config.json", *how)[0][0].startswith("Wav2Vec2ForPreTraining: its quantiser")
    assert not_counted("asr_base_960h", *how) == ([], "")


def test_the_published_batch_is_made_of_few_devices(run: Runner) -> None:
    document = planned(run, "hubert_base", "--as-recipe", "hubert_base", "--devices", "8", "--card", "a100-80gb")
    assert document["accumulate"] == 4
    assert basis(document, "accumulated batches") == (
        "4",
        "the fewest that make 2,800 s, published: HuBERT Base, iteration 1",
    )
    assert basis(document, "devices") == ("8", "--devices")
    assert basis(document, "updates") == ("250,000", "published: HuBERT Base, iteration 1")
    assert basis(document, "torch.compile") == ("no", "default")


@pytest.mark.parametrize(
    ("arguments", "batch", "accumulate"),
    [
        (["base"], "87.5", 8),
        (["base", "--total-batch-seconds", "2800"], "87.5", 4),
        (["base", "--total-batch-seconds", "2800", "--batch-seconds", "175"], "175", 2),
        (["base", "--total-batch-seconds", "2800", "--accumulate", "2"], "175", 2),
        (["base", "--batch-seconds", "100"], "100", 1),
        (["base", "--batch-seconds", "100", "--accumulate", "3"], "100", 3),
        (["base", "--accumulate", "3"], "87.5", 3),
        (["base", "--batch-seconds", "180", "--as-recipe", "base"], "180", 4),
        (["base", "--batch-seconds", "1000", "--as-recipe", "base"], "1,000", 1),
        (["base", "--total-batch-seconds", "80"], "10", 1),
        (["xlsr_300m", "--total-batch-seconds", "800", "--updates", "9"], "100", 1),
    ],
)
def test_batches_of_devices_make_the_batch_of_an_update(
    run: Runner, arguments: list[str], batch: str, accumulate: int
) -> None:
    document = planned(run, *arguments, "--card", "a100", "--devices", "8")
    assert document["accumulate"] == accumulate
    assert basis(document, "batch of a device, at most")[0] == f"{batch} s of audio"


def test_a_fairseq_yaml_is_read_for_what_it_says_and_keeps_its_batch(run: Runner) -> None:
    path = training_config("wav2vec2_base")
    document = planned(run, path, "--card", "a100", "--devices", "4")
    assert (document["accumulate"], document["updates"], document["objective"]) == (16, 400_000, "contrastive")
    lines = Path(path).read_text().splitlines()
    for what, value, words in (
        ("batch of a device, at most", "87.5 s of audio", "dataset.max_tokens"),
        ("updates", "400,000", "optimization.max_update"),
        ("utterances are cut to", "15.625 s", "task.max_sample_size"),
        ("precision", "float16", "common.fp16"),
        ("objective", "contrastive", "criterion._name"),
    ):
        found, place = basis(document, what)
        assert (found, place.partition(",")[0]) == (value, words)
        assert words.rpartition(".")[2] in lines[int(place.rpartition(" ")[2]) - 1]
    assert basis(document, "accumulated batches")[1].startswith("1 of 64 devices make the same batch")
    unchanged = planned(run, path, "--card", "a100")
    assert (unchanged["devices"], unchanged["accumulate"]) == (64, 1)


@pytest.mark.parametrize("devices", [1, 3, 6, 12, 24, 25, 48, 64, 100])
@pytest.mark.parametrize("name", ["base", "hubert_base", "data2vec_audio_base"])
def test_any_devices_make_the_published_batch(name: str, devices: int) -> None:
    settings = plan(name, card="a100", devices=devices).settings
    assert settings.device_seconds is not None
    made = settings.device_seconds * devices * settings.accumulate
    assert made == pytest.approx(recipe_named(name).batch_seconds, rel=0.05)


def test_batches_of_utterances_add_up_to_no_seconds(run: Runner) -> None:
    Path("args.json").write_text(
        json.dumps({"model_name_or_path": "facebook/wav2vec2-base", "per_device_train_batch_size": 4, "max_steps": 9})
    )
    options = ("args.json", "--card", "a100", "--total-batch-seconds", "1000")
    assert "a batch of 4 utterances (per_device_train_batch_size, line 1) has no number" in run("plan", *options).err
    assert planned(run, *options, "--batch-seconds", "100")["accumulate"] == 10


def test_fairseq_ends_at_updates_or_epochs_whichever_comes_first(run: Runner) -> None:
    path = training_config("wav2vec2_base", optimization={"max_epoch": 3})
    Path("lengths.txt").write_text("10\n" * 8 * 64 * 5)
    options = (path, "--card", "a100")
    assert planned(run, *options)["updates"] == 400_000
    assert planned(run, *options, "--manifest", "lengths.txt")["updates"] == 3 * 5
    assert planned(run, *options, "--manifest", "lengths.txt", "--updates", "99")["updates"] == 99
    training_config("wav2vec2_base", optimization={"max_epoch": 100_000})
    assert planned(run, *options, "--manifest", "lengths.txt")["updates"] == 400_000


def test_a_training_config_as_a_recipe_keeps_its_batch_in_other_batches(run: Runner) -> None:
    path = training_config("wav2vec2_base", optimization={"update_freq": [2]})
    options = ("base", "--as-recipe", path, "--card", "a100", "--devices", "8")
    # 64 devices of 87.5 s, twice, are 11,200 s; so are 8 of 350 s, four times.
    assert planned(run, *options)["accumulate"] == 16
    document = planned(run, *options, "--batch-seconds", "350")
    assert document["accumulate"] == 4
    assert basis(document, "accumulated batches")[1].startswith(
        "the fewest that make 11,200 s, dataset.max_tokens, line"
    )
    assert planned(run, *options, "--batch-seconds", "350", "--accumulate", "3")["accumulate"] == 3


def test_more_devices_than_published_share_the_same_batch(run: Runner) -> None:
    document = planned(run, "hubert_base", "--card", "a100", "--devices", "64")
    assert basis(document, "batch of a device, at most")[0] == "43.75 s of audio"
    path = training_config("wav2vec2_base")
    document = planned(run, path, "--card", "a100", "--devices", "128")
    assert basis(document, "accumulated batches")[1].startswith(
        "an update has more audio than on the 64 devices stated"
    )


def test_a_number_of_utterances_is_a_batch_too(run: Runner) -> None:
    path = training_config("wav2vec2_large")
    document = planned(run, path, "--card", "a100")
    # Four crops of 20 s are more than max_tokens, of 75 s.
    assert basis(document, "batch of a device, at most") == ("75 s of audio", "dataset.max_tokens, line 4")
    path = training_config("wav2vec2_large", dataset={"batch_size": 3})
    document = planned(run, path, "--card", "a100")
    assert basis(document, "batch of a device, at most") == ("60 s of audio", "3 utterances of 20 s")


def test_batches_of_any_number_of_utterances_are_fuller(run: Runner) -> None:
    # data2vec's paper says 63 minutes an update; of multiples of eight, fairseq's default, 237.5 s hold less than 170.
    path = training_config("data2vec_audio_base")
    for config in (path, "data2vec_audio_base"):
        document = planned(run, config, "--card", "a100")
        assert document["batch_seconds"] == pytest.approx(63 * 60, rel=0.03)
        assert basis(document, "number of utterances")[0] == "any number"
    document = planned(
        run, training_config("data2vec_audio_base", dataset={"required_batch_size_multiple": 8}), "--card", "t4"
    )
    assert document["batch_seconds"] < 16 * 170
    Path("lengths.txt").write_text("15\n" * 15 * 16)
    document = planned(run, "data2vec_audio_base", "--card", "a100", "--manifest", "lengths.txt")
    assert (document["updates_per_epoch"], document["batch_seconds"]) == (1, 15 * 15 * 16)


def test_a_batch_has_no_more_utterances_than_its_config_allows(run: Runner) -> None:
    free, limited = (
        planned(run, training_config("wav2vec2_large", dataset={"batch_size": number}), "--card", "a100")
        for number in (None, 4)
    )
    # Four of 12 s and less are less than the 75 s that six of them fill.
    assert limited["batch_seconds"] < free["batch_seconds"]


def test_an_option_comes_before_the_file_and_the_file_before_what_is_published(run: Runner) -> None:
    path = training_config("hubert_base", optimization={"max_update": 1000, "update_freq": [2]})
    document = planned(run, path, "--card", "a100", "--batch-seconds", "50", "--precision", "amp-bfloat16")
    assert (document["updates"], document["accumulate"], document["precision"]) == (1000, 2, "amp-bfloat16")
    assert basis(document, "batch of a device, at most") == ("50 s of audio", "--batch-seconds")
    followed = planned(run, path, "--card", "a100", "--as-recipe", "hubert_base")
    assert followed["updates"] == 250_000


def test_arguments_of_trainer_are_a_plan(run: Runner) -> None:
    Path("args.json").write_text(
        json.dumps(
            {
                "model_name_or_path": "facebook/wav2vec2-base",
                "per_device_train_batch_size": 4,
                "gradient_accumulation_steps": 8,
                "num_train_epochs": 2,
                "bf16": True,
                "freeze_feature_encoder": True,
                "optim": "adafactor",
            }
        )
    )
    Path("lengths.txt").write_text("5\n" * 640)
    document = planned(run, "args.json", "--card", "a100", "--devices", "2", "--manifest", "lengths.txt")
    # 640 utterances are 160 batches, 80 on each of two devices, 10 updates.
    assert (document["updates_per_epoch"], document["updates"], document["padding_share"]) == (10, 20, 0)
    assert document["batch_seconds"] == pytest.approx(4 * 5 * 2 * 8, rel=1e-3)
    assert basis(document, "model") == ("preset base", "model_name_or_path, line 1")
    assert document["objective"] == "ctc"
    assert basis(document, "optimizer") == ("adafactor", "optim, line 1")
    held = document["memory_bytes_per_device"]
    assert held["optimizer"] < 0.01 * held["gradients"]


def test_what_trainers_script_leaves_out_is_in_no_epoch(run: Runner) -> None:
    arguments = {"model_name_or_path": "facebook/wav2vec2-base", "num_train_epochs": 1, "group_by_length": True}

    def epoch(**changes: float) -> Any:
        Path("args.json").write_text(json.dumps(arguments | changes))
        return planned(run, "args.json", "--card", "a100", "--data-hours", "960.9")

    every, short = epoch(), epoch(max_duration_in_seconds=10)
    # All 281,241 utterances of LibriSpeech in batches of eight, of which some three in ten have 10 s or less.
    assert every["updates"] == pytest.approx(281_241 / 8, rel=0.002)
    assert 0.2 < short["updates"] / every["updates"] < 0.4
    # Sorted as they are, hardly anything is padded.
    assert 0 < every["padding_share"] < 0.02
    assert 0 < short["padding_share"] < 0.02
    assert epoch(group_by_length=False)["padding_share"] > 0.2
    Path("args.json").write_text(json.dumps(arguments | {"max_duration_in_seconds": 0.5}))
    outcome = run("plan", "args.json", "--card", "a100", "--data-hours", "9")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "no utterance of LibriSpeech, whose lengths are assumed, has 0.5 s or less; give --manifest" in outcome.err


def test_a_fine_tuning_config_leaves_the_model_open_and_is_a_recipe(run: Runner) -> None:
    path = training_config("wav2vec2_base_960h")
    code, out, err = run("plan", path, "--card", "a100")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"plan base --as-recipe {path}" in err
    document = planned(run, "base", "--as-recipe", path, "--card", "a100")
    assert (document["devices"], document["updates"], document["objective"]) == (8, 320_000, "ctc")


@pytest.mark.parametrize(("card", "precision"), [("t4", "amp-float16"), ("a100", "amp-bfloat16")])
def test_a_card_without_bfloat16_has_another_default(run: Runner, card: str, precision: str) -> None:
    path = training_config("wav2vec2_base", common={"fp16": None})
    assert planned(run, path, "--card", card)["precision"] == precision
    stated = training_config("wav2vec2_base", common={"bf16": True})
    if card == "t4":
        assert "t4 has no bfloat16; give one of float32" in run("plan", stated, "--card", card).err


def test_a_manifest_is_batched_as_fairseq_does(run: Runner) -> None:
    Path("train.tsv").write_text("/audio\n" + "".join(f"{n}.wav\t160000\n" for n in range(72)) + "bad.wav\tx\n")
    arguments = ("base", "--card", "a100", "--devices", "2", "--batch-seconds", "85", "--manifest", "train.tsv")
    assert run("plan", *arguments).err.startswith("error: train.tsv:74: ")
    document = planned(run, *arguments, "--epochs", "3", "--skip-bad", "--accumulate", "2")
    # Eight utterances of 10 s make a batch, nine batches five rounds on two devices, and these three updates.
    assert (document["updates_per_epoch"], document["updates"], document["epochs"]) == (3, 9, 3)
    # The last of the three has one round, and not two.
    assert document["batch_seconds"] == pytest.approx(2 * 80 * 5 / 3)
    assert "; 1 wrong line left out" in basis(document, "lengths of utterances")[0]


def test_a_corpus_of_one_utterance_is_a_plan_of_seconds(run: Runner) -> None:
    Path("one.txt").write_text("5\n")
    out = run("plan", "base", "--card", "a100", "--devices", "2", "--epochs", "3", "--manifest", "one.txt").out
    assert re.search(r"^Takes [\d.]+ ms \(.*: [\d.]+ device-seconds \([\d.]+ to [\d.]+\)\.$", out, re.MULTILINE)
    assert " 1 utterance, 0.001389 h " in out


def test_an_epoch_that_ends_before_an_update_is_full_makes_a_smaller_one(run: Runner) -> None:
    # Sixteen of 10 s make two batches of eight, one for each device, and not the five that add up to an update.
    Path("few.txt").write_text("10\n" * 16)
    options = ("base", "--card", "a100", "--devices", "2", "--batch-seconds", "80", "--epochs", "9", "--accumulate")
    few, one = (planned(run, *options, number, "--manifest", "few.txt") for number in ("5", "1"))
    assert (few["updates"], few["batch_seconds"]) == (one["updates"], one["batch_seconds"]) == (9, 160)
    assert few["macs_per_update"] == one["macs_per_update"]
    # Of hours likewise: what is computed in all epochs is the audio, but for what is cropped.
    hours = planned(run, *options, "100", "--data-hours", "1")
    assert (hours["updates_per_epoch"], hours["updates"]) == (1, 9)
    assert 0.9 * 3600 < hours["batch_seconds"] < 3600


def test_hours_and_a_histogram_are_a_corpus(run: Runner) -> None:
    Path("lengths.csv").write_text("seconds,count\n10,1\n")
    arguments = ("base", "--card", "a100", "--devices", "1", "--batch-seconds", "85", "--accumulate", "1")
    corpus = ("--data-hours", "10", "--lengths", "lengths.csv")
    document = planned(run, *arguments, *corpus, "--epochs", "1")
    assert (document["updates_per_epoch"], document["updates"]) == (450, 450)
    assert planned(run, *arguments, "--data-hours", "10", "--epochs", "1")["updates_per_epoch"] > 450


def test_a_user_adds_a_card(run: Runner) -> None:
    Path("mine.yaml").write_text("memory: 48GiB\nbandwidth_gb_s: 768\ndense_tflops: {float32: 38, bfloat16: 150}\n")
    document = planned(run, "base", "--card", "mine.yaml", "--devices", "2")
    assert (document["card"], document["card_memory_bytes"]) == ("mine", 48 * 2**30)
    # The published training was in float16, which this card has not.
    assert document["precision"] == "float32"
    assert "mine has no float16" in basis(document, "precision")[1]


# --- The answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("xlsr_2b", "--card", "a100-40gb", "--devices", "8", "--batch-seconds", "60", "--updates", "1000"),
        # What is asked for with checkpoints stays so.
        ("xlsr_1b", "--card", "t4", "--devices", "2", "--batch-seconds", "20", "--updates", "9",
         "--precision", "float32", "--checkpointing"),
    ],
)  # fmt: skip
def test_the_answer_is_no_where_it_does_not_fit(arguments: tuple[str, ...], run: Runner) -> None:
    document = planned(run, *arguments, code=1)
    assert document["fits"] is False
    assert document["memory_bytes_per_device"]["total"] + RESERVE_BYTES > document["card_memory_bytes"]
    out = run("plan", *arguments).out
    assert out.splitlines()[1].startswith("Does not fit: ")
    said = out.splitlines()[2]
    assert said.startswith("It fits with --")
    ways = said.removeprefix("It fits with ").removesuffix(".").split("; or ")
    for way in ways:
        changed, _, size = way.removesuffix(")").partition(" (")
        found = planned(run, *arguments, *changed.split())
        assert found["fits"] is True, way
        assert size == size_bytes(found["memory_bytes_per_device"]["total"]), way


def test_nothing_fits(run: Runner) -> None:
    code, out, _ = run("plan", "omniasr_7b", "--card", "t4", "--batch-seconds", "900", "--updates", "1")
    assert code == 1
    assert "No way fits: give smaller batches" in out


def test_a_smaller_batch_is_found_where_nothing_else_fits(run: Runner) -> None:
    arguments = ("base", "--card", "t4", "--devices", "1", "--updates", "1", "--objective", "contrastive")
    document = planned(run, *arguments, "--batch-seconds", "5000", "--accumulate", "1", code=1)
    assert not any(each["fits"] for each in document["alternatives"])
    smaller = document["smaller_batch"]
    assert smaller["seconds"] * smaller["accumulate"] == 5000
    way = ("--batch-seconds", str(smaller["seconds"]), "--accumulate", str(smaller["accumulate"]))
    found = planned(run, *arguments, *way)
    assert found["memory_bytes_per_device"]["total"] == smaller["bytes"]


def test_a_time_is_enough_or_not(run: Runner) -> None:
    arguments = ("base", "--card", "a100", "--devices", "8")
    document = planned(run, *arguments, "--within", "1d", code=1)
    assert document["within"]["is_in_time"] is False
    enough = document["within"]["devices"]
    assert planned(run, *arguments[:-1], str(enough), "--within", "1d", "--accumulate", "1", code=0)
    assert planned(run, *arguments, "--within", "2w")["within"]["is_in_time"] is True
    assert "Within 24 h: no." in run("plan", *arguments, "--within", "1d").out


def test_no_more_devices_are_enough_than_an_update_has_utterances(run: Runner) -> None:
    Path("lengths.txt").write_text("10\n" * 24)
    options = ("base", "--card", "a100", "--devices", "1", "--batch-seconds", "240", "--updates", "1000000")
    options = (*options, "--manifest", "lengths.txt", "--within")
    assert planned(run, *options, "20h", code=1)["within"]["devices"] == 5
    # It would take some forty.
    assert planned(run, *options, "8h", code=1)["within"]["devices"] is None
    assert "each needs an utterance of an update" in run("plan", *options, "8h").out


def test_what_was_observed_is_judged(run: Runner) -> None:
    arguments = ("base", "--card", "v100-32gb", "--devices", "8")
    document = planned(run, *arguments, "--observed", "73 updates in 20 min")
    observed = document["observed"]
    assert observed["seconds_per_update"] == pytest.approx(20 * 60 / 73)
    assert observed["ratio"] == pytest.approx(observed["seconds_per_update"] / document["seconds_per_update"])
    assert observed["is_usual"] is False
    assert any("OMP_NUM_THREADS=1" in advice for advice in observed["look_at"])
    out = run("plan", *arguments, "--observed", "73 updates in 20 min").out
    assert out.index("What to look at first") < out.index("Timeline")


def test_what_does_not_fit_is_crossed_out_and_said(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("plan", "large_lv60k", "--card", "t4", "--devices", "16", "--accumulate", "8", "--strategy", "fsdp")
    documents = planned(run, *arguments[1:])["alternatives"]
    assert {each["fits"] for each in documents} == {True, False}
    piped = run(*arguments).out
    table = piped.partition("Alternatives")[2].partition("The first")[0]
    assert table.count(" no ") == sum(not each["fits"] for each in documents)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[9m" in run(*arguments, columns=140).out


def test_alternatives_are_all_that_the_card_and_the_devices_allow() -> None:
    found = plan("base", card="v100-32gb", devices=12)
    ways = {(each.need.strategy, each.need.precision, each.need.checkpointing) for each in found.alternatives}
    names = [name for name in STRATEGIES if name != "fsdp-hybrid"]
    assert ways == {
        (name, kind, ck) for name in names for kind in ("float32", "amp-float16", "float16") for ck in (0, 1)
    }
    assert {each.need.strategy for each in plan("base", card="a100", devices=1).alternatives} == {"ddp"}
    [own] = [each.need for each in found.alternatives if each.need == found.need]
    assert own.memory.total == found.need.memory.total


def test_csv_and_json_agree(run: Runner) -> None:
    document = planned(run, "base", "--card", "a100")
    rows = {row["figure"]: row["value"] for row in csv.DictReader(io.StringIO(run(
        "plan", "base", "--card", "a100", "--format", "csv").out))}  # fmt: skip
    assert float(rows["plan.hours.low"]) == document["hours"]["low"]
    assert int(rows["plan.memory_bytes_per_device.total"]) == document["memory_bytes_per_device"]["total"]


def test_the_cards_are_listed(run: Runner) -> None:
    document = json.loads(run("plan", "--cards", "--format", "json").out)
    assert [card["name"] for card in document["cards"]] == list(known_cards())
    rows = list(csv.DictReader(io.StringIO(run("plan", "--cards", "--format", "csv").out)))
    assert [row["name"] for row in rows] == list(known_cards())
    assert "| v100-16gb |" in run("plan", "--cards", "--format", "markdown").out


def test_choices_are_those_of_the_library() -> None:
    assert [each.value for each in Strategy] == list(STRATEGIES)
    assert [each.value for each in Objective] == list(OBJECTIVES)
    assert {each.value for each in Precision} == set(PRECISIONS)


# --- What is wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give a config to plan the training of, or --cards"),
        (["base"], "give --card, as --card a100-80gb"),
        (["base", "--cards"], "leave one of both out"),
        (["base", "--card", "a10"], "there is no card 'a10'"),
        (["base", "--card", "mi250"], "did you mean mi250x"),
        (["base", "--card", "no.yaml"], "no file is named no.yaml"),
        (["base", "--card", "a100", "--devices", "0"], "--devices is 0; give a number from 1 to 65,536"),
        (["base", "--card", "a100", "--accumulate", "-1"], "--accumulate is -1"),
        (["base", "--card", "a100", "--updates", "0"], "--updates is 0"),
        (["base", "--card", "a100", "--batch-seconds", "nan"], "--batch-seconds is nan; give a number above 0"),
        (["base", "--card", "a100", "--total-batch-seconds", "-5"], "--total-batch-seconds is -5"),
        (["base", "--card", "a100", "--epochs", "inf"], "--epochs is inf"),
        (["base", "--card", "a100", "--data-hours", "1e30"], "--data-hours is 1e+30"),
        (["base", "--card", "a100", "--price", "-1"], "--price is -1"),
        (["base", "--card", "a100", "--updates", "5", "--epochs", "3"], "--updates or --epochs, not both"),
        (["base", "--card", "a100", "--manifest", "a", "--data-hours", "3"], "--manifest or --data-hours, not both"),
        (["base", "--card", "a100", "--lengths", "a"], "give --data-hours too"),
        (["base", "--card", "a100", "--skip-bad"], "--skip-bad goes with --manifest or --lengths"),
        (["base", "--card", "a100", "--manifest", "a"], "cannot read a: No such file"),
        (
            ["base", "--card", "a100", "--batch-seconds", "5", "--total-batch-seconds", "9", "--accumulate", "3"],
            "leave one of the three out",
        ),
        (
            ["base", "--card", "a100", "--devices", "8", "--batch-seconds", "5", "--total-batch-seconds", "9"],
            "--batch-seconds 5 on 8 devices make more than --total-batch-seconds 9",
        ),
        (["base", "--card", "a100", "--devices", "1", "--strategy", "zero3"], "one device divides nothing"),
        (["base", "--card", "a100", "--devices", "12", "--strategy", "fsdp-hybrid"], "are no whole nodes"),
        (["base", "--card", "v100-32gb", "--precision", "bfloat16"], "v100-32gb has no bfloat16"),
        (["base", "--card", "a100", "--precision", "fp16"], "Did you mean float16?"),
        (["base", "--card", "a100", "--strategy", "zero4"], "is not one of 'ddp', 'zero1'"),
        (["base", "--card", "a100", "--batch-seconds", "0.01"], "160 samples are too few"),
        (["base", "--card", "a100", "--batch-seconds", "1e-9"], "holds no utterance; give more as --batch-seconds"),
        (
            ["hubert_base", "--card", "a100", "--devices", "10000"],
            "2,800 s, the batch of HuBERT Base, iteration 1, are 179 utterances of 15.625 s, and 10,000 devices cannot",
        ),
        (["base", "--card", "a100", "--as-recipe", "hubert_bas"], "did you mean hubert_base"),
        (["base", "--card", "a100", "--as-recipe", "no.yaml"], "no file or preset is named no.yaml"),
        (["base", "--card", "a100", "--as-recipe", "plain.yaml"], "plain.yaml says nothing of a training"),
        (["base", "--card", "a100", "--within", "soon"], "'soon' is no time"),
        (["base", "--card", "a100", "--observed", "fast"], "'fast' says no rate"),
        (["xlsr_300m", "--card", "a100"], "does not say how large a batch is (--batch-seconds, of a device), nor how"),
        (["plain.yaml", "--card", "a100", "--batch-seconds", "9"], "plain does not say how long it trains"),
        (["base", "--objective", "ctc", "--card", "a100"], "does not say how large a batch is"),
        (["plain.yaml", "--card", "a100", "--batch-seconds", "9", "--epochs", "1"], "give --manifest or --data-hours"),
    ],
)  # fmt: skip
def test_one_message_says_what_is_wrong(arguments: list[str], said: str, run: Runner) -> None:
    Path("plain.yaml").write_text("extends: base\n")
    code, out, err = run("plan", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert said in err


@pytest.mark.parametrize(
    "wrong",
    [{"devices": 2.5}, {"devices": True}, {"epochs": "3"}, {"card": 5}, {"observed": 3}, {"price": "1"}],
    ids=str,
)
def test_arguments_of_another_type_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"^--"):
        plan("base", **{"card": "a100", **wrong})


def test_a_workload_of_the_library_is_at_the_configs_rate() -> None:
    found = plan(load_config("base", {"sample_rate": 8000}), card="a100", devices=2)
    assert found.analysis.workload == Workload(samples=116_666, batch=6, sample_rate=8000)
