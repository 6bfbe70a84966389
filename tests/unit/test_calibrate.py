"""Calibrating, on a device where each stamp comes a nanosecond after the one before; never how long a thing took."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.test_measure import CountingClock
from w2v_explore import Analysis, DeviceError, Workload, analyze, host, load_config, preset_names
from w2v_explore.analysis.latency.calibration import Calibration
from w2v_explore.analysis.latency.prediction import predict
from w2v_explore.analysis.latency.roofline import BETWEEN, trace_work
from w2v_explore.measure import calibrate as calibrate_module
from w2v_explore.measure import latency as latency_module
from w2v_explore.measure import noise
from w2v_explore.measure.calibrate import calibrate, reference_passes
from w2v_explore.measure.latency import Plan, measure_latency
from w2v_explore.measure.process import new_processes

_TINY = ["encoder_embed_dim=16", "encoder_num_heads=2", "encoder_ff_interm_features=8", "encoder_num_layers=2"]
_CONVOLUTIONS = "extractor_conv_layer_config=[[8, 10, 5], [8, 3, 2]]"


def tiny(preset: str, samples: int, dtype: str = "float32") -> tuple[str, Analysis]:
    config = load_config(preset, [*_TINY, _CONVOLUTIONS])
    return f"{preset}, {samples}", analyze(config, Workload(samples=samples, dtype=dtype))


def run_here(function: Any, *arguments: Any) -> Any:
    return function(*arguments)


PASSES = [tiny(preset, samples) for preset in ("base", "large_lv60k") for samples in (400, 800)]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As small as the models are, threads only wait for each other, and long where other tests run beside this."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    assert torch.get_num_threads() == 1, "calibrating leaves torch's threads as they were"
    torch.set_num_threads(before)


@pytest.fixture
def small_roofs(monkeypatch: pytest.MonkeyPatch) -> None:
    make_roofs_small(monkeypatch)


def make_roofs_small(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(calibrate_module, "_LARGEST_MATRIX", 256)
    patch.setattr(calibrate_module, "_STREAM_BYTES", 4096)


def count_time(patch: pytest.MonkeyPatch) -> None:
    """Nor does the machine rest to be watched."""
    patch.setattr(noise, "_REST_S", 0)
    for module in (latency_module, calibrate_module):
        patch.setattr(module, "clock_for", lambda device: CountingClock())


@pytest.fixture(scope="module")
def clocked() -> Calibration:
    with pytest.MonkeyPatch.context() as patch:
        make_roofs_small(patch)
        count_time(patch)
        return calibrate(references=PASSES, run=run_here)


def test_every_operation_of_every_reference_is_a_sample(clocked: Calibration) -> None:
    for number, (_, analysis) in enumerate(PASSES):
        works = [(work.kind, work.macs, work.bytes) for work in trace_work(analysis)]
        *samples, between = [sample for sample in clocked.samples if sample.reference == number]
        assert [(sample.kind, sample.macs, sample.bytes) for sample in samples] == works
        # One nanosecond lies between the two stamps of an operation, two where weight-norm's stamps lie inside.
        for sample in samples:
            assert sample.seconds == (2e-9 if sample.kind == "grouped_convolution" else 1e-9)
        assert between.kind == BETWEEN


def test_what_hooks_saw_on_a_card_is_scaled_to_the_plain_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency_module, "clock_for", lambda device: CountingClock())
    analysis = PASSES[0][1]
    latency, model = measure_latency(analysis, plan=Plan(runs=1))
    assert latency.ledger is not None
    on_cpu = calibrate_module.time_pass(analysis, "cpu", 1, 1)
    assert sum(on_cpu.own.values()) + on_cpu.unattributed_s == pytest.approx(latency.ledger.end_to_end_ns / 1e9)
    monkeypatch.setattr(
        calibrate_module, "measure_latency", lambda *arguments, **options: (replace(latency, device="cuda"), model)
    )
    on_card = calibrate_module.time_pass(analysis, "cuda", 1, 1)
    assert sum(on_card.own.values()) + on_card.unattributed_s == pytest.approx(on_card.median_s)


def test_the_roofs_come_from_the_fastest_run(clocked: Calibration) -> None:
    assert clocked.roofs.macs_per_s == pytest.approx(256**3 * 1e9)
    assert clocked.roofs.bytes_per_s == pytest.approx(3 * 4096 * 1e9)


def test_references_are_predicted_from_the_others(clocked: Calibration) -> None:
    assert [reference.name for reference in clocked.references] == [name for name, _ in PASSES]
    for number, (reference, (_, analysis)) in enumerate(zip(clocked.references, PASSES, strict=True)):
        assert reference.median_s == 1e-9
        others = tuple(sample for sample in clocked.samples if sample.reference != number)
        held_out = Calibration(**{**_fields(clocked), "samples": others})
        assert reference.held_out_s == pytest.approx(predict(analysis, held_out).seconds)


def _fields(calibration: Calibration) -> dict[str, Any]:
    return {name: getattr(calibration, name) for name in Calibration.__slots__}


def test_it_says_what_it_is_for(clocked: Calibration) -> None:
    assert (clocked.device, clocked.dtype) == ("cpu", "float32")
    assert (clocked.threads, clocked.is_default_threads) == (torch.get_num_threads(), True)
    assert clocked.torch_version == host.torch_version()
    assert clocked.created.endswith("+00:00")


def test_passes_are_timed_with_the_threads_asked_for(small_roofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    count_time(monkeypatch)
    seen = []

    def time_latency(analysis: Analysis, device: str, **options: Any) -> Any:
        seen.append(options["threads"])
        return latency_module.measure_latency(analysis, device, plan=Plan(runs=1), threads=options["threads"])

    monkeypatch.setattr(calibrate_module, "measure_latency", time_latency)
    calibration = calibrate(threads=2, references=PASSES, run=run_here)
    assert (calibration.threads, calibration.is_default_threads) == (2, False)
    assert seen == [2] * len(PASSES)


def test_a_real_calibration_in_another_dtype(small_roofs: None) -> None:
    steps: list[tuple[str, int, int]] = []
    passes = [tiny(preset, samples, "bfloat16") for preset in ("base", "large_lv60k") for samples in (400, 800)]
    calibration = calibrate(
        dtype="bfloat16", references=passes, run=run_here, progress=lambda *step: steps.append(step)
    )
    assert [step for step, _, _ in steps] == [*[name for name, _ in passes], "matrix throughput and memory bandwidth"]
    assert [done for _, done, _ in steps] == list(range(5))
    prediction = predict(passes[0][1], calibration)
    assert 0 < prediction.low_s < prediction.seconds < prediction.high_s


def test_an_absent_device_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(DeviceError, match="there is no device cuda:7 here"):
        calibrate("cuda:7", run=lambda *arguments: pytest.fail("measured"))


def test_the_references_have_every_kind_of_work_at_two_sizes_in_two_passes() -> None:
    passes = [trace_work(analysis) for _, analysis in reference_passes("float32")]
    sizes: dict[str, set[tuple[int, int]]] = {}
    for work in itertools.chain(*passes):
        sizes.setdefault(work.kind, set()).add((work.macs, work.bytes))
    heads = load_config("distilhubert", ["prediction_num_heads=3", "prediction_dim=768"])
    for config in (heads, *map(load_config, preset_names())):
        for kind in {work.kind for work in trace_work(analyze(config))}:
            assert sum(kind in {work.kind for work in works} for works in passes) >= 2, kind
            assert len(sizes[kind]) >= 2, kind
    # Each takes seconds of a user's time.
    assert len(passes) <= 22
    page = (Path(__file__).parents[2] / "docs/roofline.md").read_text(encoding="utf-8")
    assert f"Calibrating times {len(passes)} forward passes" in page
    assert f"of the {len(passes)} errors in size" in page


def test_another_process_runs_it_and_hands_back_what_it_returns_or_raises() -> None:
    with new_processes() as run:
        assert run(os.getpid) != os.getpid()
        with pytest.raises(DeviceError, match="there is no device cuda:7 here"):
            run(calibrate_module.measure_roofs, "cuda:7", "float32", 1)


def test_a_process_that_is_killed_is_a_clear_message() -> None:
    with new_processes() as run, pytest.raises(DeviceError, match="was killed"):
        run(signal.raise_signal, signal.SIGKILL)


def test_a_process_that_fails_is_a_defect() -> None:
    with new_processes() as run, pytest.raises(RuntimeError, match="failed, as it says above"):
        run(os._exit, 9)


def test_noise_is_marked_at_its_worst(small_roofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([0.5, 0.0, 0.7, 0.0])
    count_time(monkeypatch)
    monkeypatch.setattr(noise, "read_noise", lambda *counters, **machine: noise.Readings(stolen_share=next(readings)))
    monkeypatch.setattr(latency_module, "spread", lambda runs: None)
    calibration = calibrate(references=PASSES, run=run_here)
    assert calibration.noise is not None
    [mark] = calibration.noise
    assert (mark.name, mark.passes) == ("stolen_time", 2)
    assert "70 %" in mark.found


def test_a_quiet_machine_leaves_no_mark(small_roofs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    count_time(monkeypatch)
    monkeypatch.setattr(noise, "read_noise", lambda *counters, **machine: noise.Readings())
    assert calibrate(references=PASSES, run=run_here).noise == ()
