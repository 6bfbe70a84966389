"""The MACs of an update: by hand, by drawing what LayerDrop draws, and against what `training` counts."""

from __future__ import annotations

import random
import statistics

import pytest

from w2v_explore import Analysis, ArgumentError, Workload, analyze, load_config
from w2v_explore.analysis.memory.stacks import Equal, Random
from w2v_explore.analysis.plan.step import most_that_run, slowest, step_macs


def _analysis(preset: str, seconds: float = 10.0, **fields: float) -> Analysis:
    return analyze(load_config(preset, fields), Workload.of_seconds(seconds))


def test_a_batch_is_so_many_utterances() -> None:
    analysis = _analysis("wav2vec2_pretrain_base", encoder_layer_drop=0.0)
    step = step_macs(analysis, 80.0)
    assert step.student == pytest.approx(8 * analysis.training.macs.greatest)
    assert (step.teacher, step.seconds, step.parameters) == (0.0, 80.0, analysis.parameters)
    assert step_macs(analysis, 80.0, devices=8).total == step.total
    assert step_macs(analysis, 80.0, padding_share=0.2).total == pytest.approx(1.25 * step.total)
    checkpointed = step_macs(analysis, 80.0, checkpointing=True)
    assert checkpointed.student == pytest.approx(8 * analysis.training.checkpointed_macs.greatest)


def test_one_device_drops_layers_as_training_expects() -> None:
    analysis = _analysis("hubert_pretrain_base")
    assert step_macs(analysis, 10.0).student == pytest.approx(analysis.training.macs.expected, rel=1e-4)
    macs = [step_macs(analysis, 10.0, devices=devices).student for devices in (1, 2, 8, 64)]
    assert macs == sorted(macs)
    assert macs[-1] == pytest.approx(analysis.training.macs.greatest, rel=1e-6)


def test_the_slowest_of_several_by_hand() -> None:
    # Of two layers that each run half of the time: none, one, two at 1/4, 1/2, 1/4.
    assert most_that_run(2, 0.5, 1) == pytest.approx(1.0)
    assert most_that_run(2, 0.5, 2) == pytest.approx((9 / 16 - 1 / 16) * 1 + (1 - 9 / 16) * 2)
    assert most_that_run(2, 0.0, 8) == 2
    assert most_that_run(2, 1.0, 8) == 0
    work = Random(100, [(Equal(2, 0.5), 10)], [([Equal(2, 0.5)], 3)])
    assert slowest(work, 2) == pytest.approx(100 + 10 * 1.375 + 3)


def test_the_slowest_of_several_as_drawn() -> None:
    draw = random.Random(14).random
    most = [max(sum(draw() >= 0.2 for _ in range(24)) for _ in range(16)) for _ in range(2000)]
    assert most_that_run(24, 0.2, 16) == pytest.approx(statistics.mean(most), abs=0.1)


def test_accumulated_batches_even_out() -> None:
    work = Random(0, [(Equal(24, 0.2), 1)])
    alone, added_up = slowest(work, 64), slowest(work, 64, accumulate=64)
    assert 24 * 0.8 < added_up < alone < 24
    # A few hundred batches are nearly as even as any number of them, which takes no time to say.
    assert slowest(work, 64, accumulate=800) == pytest.approx(24 * 0.8, rel=0.02)
    assert slowest(work, 64, accumulate=10**9) == pytest.approx(24 * 0.8)


def test_a_teacher_runs_the_encoder_alone() -> None:
    analysis = _analysis("data2vec_audio_base")
    rows = {row.path: row.macs.total for row in analysis.layers}
    step = step_macs(analysis, 10.0, teacher=True)
    assert step.teacher == rows[""] - rows["feature_extractor"] - rows["feature_projection"]
    assert step.total == step.student + step.teacher


@pytest.mark.parametrize("preset", ["data2vec_audio_base", "wav2vec2_pretrain_base", "hubert_pretrain_base"])
def test_what_is_in_front_of_the_encoder_has_no_backward_while_it_is_frozen(preset: str) -> None:
    analysis = _analysis(preset, encoder_layer_drop=0.0)
    trained, half, frozen = (step_macs(analysis, 10.0, extractor_trained=share).student for share in (1.0, 0.5, 0.0))
    assert half == pytest.approx((trained + frozen) / 2)
    components = analysis.config.model.family.components
    first = components["feature_extractor"] + ".conv_layers.0"
    rows = {row.path: row.macs.total for row in analysis.layers}
    in_front = rows[components["feature_extractor"]] + rows.get(components["feature_projection"], 0)
    if not rows.get(components["feature_projection"]):
        in_front += rows[components["feature_projection"] + ".projection"]
    # Twice the forward pass, but for the gradient of the waveform.
    assert trained - frozen == 2 * in_front - rows[first]


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_seconds": 0.0},
        {"batch_seconds": 10.0, "devices": 0},
        {"batch_seconds": 10.0, "accumulate": 0},
        {"batch_seconds": 10.0, "padding_share": 1.0},
        {"batch_seconds": 10.0, "extractor_trained": -0.1},
    ],
)
def test_wrong_numbers(wrong: dict[str, float]) -> None:
    with pytest.raises(ArgumentError):
        step_macs(_analysis("base", 1.0), **wrong)  # type: ignore[arg-type]
