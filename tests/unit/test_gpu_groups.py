"""Process groups and step times of ``python -m benchmarks.gpu``: what a card would be held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu import results, step_time
from benchmarks.gpu.findings import Context
from benchmarks.gpu.groups import States, judge_states
from benchmarks.gpu.models import analysis_of
from benchmarks.gpu.run import run_steps
from benchmarks.gpu.step_time import card_of, estimate_of, judge_time, time_step
from benchmarks.gpu.steps import STEPS
from tests.fake_cuda import FakeBackend
from tests.unit.test_gpu_steps import CPU, SMALL
from w2v_explore import plan
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.analysis.plan import utilisation
from w2v_explore.analysis.plan.cards import card_named
from w2v_explore.analysis.plan.utilisation import OPERATIONS_SPREAD
from w2v_explore.measure.clock import EventClock


def test_a_group_of_one_holds_the_closed_form(tmp_path: Path) -> None:
    """In a process of its own: what groups import and say gives warnings."""
    steps = [step for step in STEPS if step.name == "groups"]
    ended = run_steps(steps, Context("cpu", True, str(tmp_path)), 600.0, lambda what: None)
    assert ended["groups"].outcome == "passed", (tmp_path / "groups.log").read_text()
    findings = results.findings_of(results.read_lines(str(tmp_path)), "groups")
    assert [finding.verdict for finding in findings] == ["passed", "passed"]
    ddp, fsdp = (finding.figures for finding in findings)
    assert ddp["buckets_bytes"] == ddp["gradients_bytes"] == fsdp["gradients_bytes"]
    assert fsdp["optimizer_bytes"] == 8 * analysis_of("base", 0.1, "encoder_num_layers=2").parameters


def test_a_byte_that_nobody_counted_is_a_failure() -> None:
    closed = States(400, 400, 800, 400)
    assert judge_states("it", closed, closed, None, None).verdict == "passed"
    wrong = judge_states("it", closed._replace(buckets=401), closed, 2_000, 1_900)
    assert (wrong.verdict, wrong.figures["buckets_difference_bytes"]) == ("failed", 1)


@pytest.mark.parametrize(
    ("device_name", "card"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-80gb"),
        ("NVIDIA H200", "h200-141gb"),
        ("Tesla V100-SXM2-16GB", "v100-16gb"),
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
    ],
)
def test_cards_by_the_names_that_torch_gives_them(device_name: str, card: str) -> None:
    assert card_of(device_name) == card_named(card)
    assert card_of("NVIDIA B200") is None


def test_the_estimate_is_that_of_plan(tmp_path: Path) -> None:
    """Of fine-tuning, which has no part of pre-training, and trains no extractor."""
    manifest = tmp_path / "utterances.txt"
    manifest.write_text("10\n" * 80)
    overrides = ("encoder_layer_drop=0", "aux_num_out=32")
    analysis = set_up(analysis_of("base", 10.0, *overrides, batch=8), TrainingSetup("not-extractor"))
    estimate = estimate_of(analysis, "amp-bfloat16", card_named("h100-80gb"), compiled=False)
    planned = plan(
        analysis.config, card="h100-80gb", devices=1, precision="amp-bfloat16", objective="ctc", updates=1,
        batch_seconds=80, accumulate=1, manifest=manifest,
    ).time  # fmt: skip
    assert estimate.seconds_per_update == pytest.approx(planned.seconds_per_update, rel=1e-6)


_MEASURED = [
    ("base", False, 0.05044),
    ("large", False, 0.08854),
    ("wavlm_base", False, 0.07140),
    ("base", True, 0.03834),
    ("wavlm_base", True, 0.04426),
]
"""Seconds of a step on one H100, of 10 s × 8 under autocast (docs/gpu.md)."""


def _are_in_their_intervals() -> bool:
    for preset, compiled, seconds in _MEASURED:
        analysis = analysis_of(preset, 10.0, "encoder_layer_drop=0", batch=8)
        times = estimate_of(analysis, "amp-bfloat16", card_named("h100-80gb"), compiled).seconds_per_update
        if not times.low <= seconds <= times.high:
            return False
    return True


def test_the_intervals_hold_the_steps_that_were_timed_and_are_no_wider_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _are_in_their_intervals()
    monkeypatch.setattr(utilisation, "OPERATIONS_SPREAD", OPERATIONS_SPREAD - 0.05)
    assert not _are_in_their_intervals()


@pytest.mark.parametrize(("share", "verdict"), [(0.99, "failed"), (1.01, "passed")])
def test_a_step_is_held_against_the_interval(share: float, verdict: str) -> None:
    analysis = analysis_of("base", 10.0, batch=8)
    estimate = estimate_of(analysis, "amp-bfloat16", card_named("a100-80gb"), compiled=True)
    low = estimate.seconds_per_update.low
    finding = judge_time("it", [share * low, 0.001, 10.0], estimate)
    assert finding.verdict == verdict
    assert finding.figures["measured_s"] == share * low
    assert finding.figures["measured_over_planned"] == pytest.approx(share * low / estimate.seconds_per_update.estimate)


def test_a_device_of_no_table_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    backend = FakeBackend()
    monkeypatch.setattr(step_time, "clock_for", lambda device: EventClock(backend, lambda: None))
    finding = time_step(analysis_of(str(path), 0.1), CPU, "amp-bfloat16", None, 3, False, "it")
    assert finding.verdict == "noted"
    assert finding.figures["measured_s"] == 0.005, "between the two events of a step"
    calls = [call for call in backend.log if call != "allocate"]
    assert calls == ["synchronize", "record", "record", "synchronize", "read"] * 3


def test_where_nothing_can_be_compiled_no_step_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(step_time, "lacking_compilers", lambda context: ["triton"])
    (on_card,) = step_time.time_compiled_steps(Context("cuda", False, str(tmp_path)))
    assert (on_card.verdict, on_card.note) == ("skipped", "torch.compile needs what is not here: triton")
    (in_a_hurry,) = step_time.time_compiled_steps(Context("cpu", True, str(tmp_path)))
    assert "takes a minute" in in_a_hurry.note
