"""Published runs: what is stated of each, which may judge, and what their batches really hold."""

from __future__ import annotations

import pytest

from w2v_explore import ArgumentError
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, known_cards
from w2v_explore.analysis.plan.runs import accumulation, published, recipe_named, runs_that
from w2v_explore.config.presets import preset_names


def test_every_run_has_a_source_and_says_whether_it_may_judge() -> None:
    runs = published().runs
    # The 54 rows of facts, and SpidR's on four devices.
    assert len(runs) == 58
    for run in runs:
        assert run.source
        assert run.evidence
        assert run.judges in ("fit", "held-out", "no")
        assert run.judges == "fit" or run.why
        assert run.preset is None or run.preset in preset_names()
        assert run.card is None or run.card == "TPU" or run.card in known_cards()
        assert run.precision is None or run.precision in TYPE_OF_PRECISION
        assert (run.work is not None) == (run.judges != "no")
    assert len(runs_that("fit")) == 9
    assert len(runs_that("held-out")) == 12


def test_a_run_without_the_facts_that_a_time_needs_does_not_judge() -> None:
    for run in runs_that("no"):
        stated = (run.card, run.devices, run.updates, run.hours, run.batch_seconds)
        special = "Hourglass" in run.model or "TPU" in run.model
        assert None in stated or special, run.name


def test_hours_and_rates_of_the_papers() -> None:
    by_name = {run.name: run for run in published().runs if run.judges != "no"}
    base = by_name["wav2vec 2.0 Base, 64 × v100-32gb, float16"]
    assert base.hours == pytest.approx(1.6 * 24)
    assert base.seconds_per_update == pytest.approx(0.3456)
    assert base.batch_seconds == 1.6 * 3600
    assert by_name["wav2vec 2.0 Large, LV-60k, 128 × v100-32gb, float16"].hours == pytest.approx(5.2 * 24)
    for number in (1, 2):
        hubert = by_name[f"HuBERT Base, iteration {number}, 32 × v100-32gb, float16"]
        assert hubert.seconds_per_update == pytest.approx(9.5 * 3600 / 100_000)
        assert "assumed" in hubert.why
    hours = {(run.card, run.compiled, run.devices): run.hours for run in published().runs if run.model == "SpidR Base"}
    # facebookresearch/spidr paper/results/speed.csv
    assert [hours["a100-80gb", compiled, devices] for compiled in (False, True) for devices in (16, 8, 4)] == [
        *(29, 53, 100),
        *(23, 42, 81),
    ]
    assert [hours["h100-80gb", compiled, devices] for compiled in (False, True) for devices in (16, 8, 4)] == [
        *(19, 33, 63),
        *(15, 26, 48),
    ]


def test_the_throughput_of_one_file_and_its_hours_agree() -> None:
    # NVIDIA's README has strong scaling too, of mixed precision and TF32.
    rates = {(row.stage, row.precision, row.devices): row.tokens_per_second for row in published().throughput}
    stages = ("pre-training", "fine-tuning")
    speedups = [
        round(rates[stage, precision, 8] / rates[stage, precision, 1], 2)
        for stage in stages
        for precision in ("tf32", "bfloat16")
    ]
    assert speedups == [6.93, 6.96, 4.70, 5.02]
    assert len(rates) == 12


def test_librilights_crops_fill_whole() -> None:
    (run,) = [run for run in runs_that("fit") if "LV-60k" in run.model]
    assert run.computed_batch() == (60.0, 20.0)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("hubert_base", "HuBERT Base, iteration 1"),
        ("hubert_pretrain_base", "HuBERT Base, iteration 1"),
        ("base", "wav2vec 2.0 Base"),
        ("large_lv60k", "wav2vec 2.0 Large, LV-60k"),
        ("data2vec_audio_base", "data2vec Base"),
        ("SpidR Base", "SpidR Base"),
    ],
)
def test_recipes_by_name(name: str, model: str) -> None:
    assert recipe_named(name).model == model


def test_no_such_recipe() -> None:
    with pytest.raises(ArgumentError, match=r"no recipe is published of 'hubert_lrge' .*; did you mean hubert_large\?"):
        recipe_named("hubert_lrge")
    with pytest.raises(ArgumentError, match=r"of 'xlsr_300m' that tells its batch; there are .*hubert_base, "):
        recipe_named("xlsr_300m")


@pytest.mark.parametrize(
    ("batch_seconds", "devices", "device_seconds", "batches"),
    [
        (2800, 32, 87.5, 1),
        (2800, 1, 87.5, 32),
        (2800, 2, 87.5, 16),
        (5760, 3, 87.5, 22),
        (2800, 8, 87.5, 4),
        (5760, 64, 87.5, 1),
        (5760, 8, 87.5, 8),
        (2800, 8, 120, 3),
        (10, 8, 90, 1),
    ],
)
def test_accumulation(batch_seconds: float, devices: int, device_seconds: float, batches: int) -> None:
    found = accumulation(batch_seconds, devices, device_seconds)
    assert found == (batches, batches * devices * device_seconds)


def test_no_accumulation_of_nothing() -> None:
    with pytest.raises(ArgumentError, match="a positive number"):
        accumulation(0, 8, 87.5)


def test_a_run_whose_batches_are_no_multiples_has_more_in_them() -> None:
    base = next(run for run in runs_that("fit") if run.work and run.work["batches"] == "by max_tokens")
    by_number = {number: base._replace(multiple=number).computed_batch().device_seconds for number in (None, 8, 1)}
    assert by_number[None] == by_number[8] < by_number[1]
