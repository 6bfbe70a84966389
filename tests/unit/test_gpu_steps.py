"""What the steps of ``python -m benchmarks.gpu`` do on a card, against one that is not there."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import counter, graphs, ledger, machine, memory, prediction
from benchmarks.gpu.counter import MemoryCounter
from benchmarks.gpu.findings import Context, Figure, Finding
from benchmarks.gpu.memory import Case, compare_inference, compare_training
from benchmarks.gpu.models import error_of, exact_float32
from benchmarks.gpu.processes import Finished
from benchmarks.prediction import PredictionFigures
from tests.fake_cuda import FakeBackend, FakeMemory
from w2v_explore.measure.clock import EventClock

# No dropout: a CPU's keeps other tensors than a card's.
SMALL = """\
extends: base
extractor_conv_layer_config: [[32, 10, 5], [32, 3, 2], [32, 2, 2]]
encoder_embed_dim: 32
encoder_num_heads: 2
encoder_ff_interm_features: 64
encoder_num_layers: 3
encoder_projection_dropout: 0
encoder_attention_dropout: 0
encoder_ff_interm_dropout: 0
encoder_dropout: 0
"""

CPU = torch.device("cpu")


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeMemory:
    monkeypatch.setattr(counter, "_SMALL_BYTES", 1024)
    return FakeMemory(monkeypatch)


def compare(case: Case, card: FakeMemory, checkpointed: bool | None) -> Finding:
    with card:
        if checkpointed is None:
            return compare_inference(case, case.analysis(), CPU, "it")
        return compare_training(case, case.analysis(), CPU, checkpointed, "it")


def whole(figure: Figure) -> int:
    assert isinstance(figure, int)
    return figure


@pytest.mark.parametrize("math", [False, True], ids=["fused", "math"])
@pytest.mark.parametrize("checkpointed", [None, False, True], ids=["inference", "training", "checkpoints"])
def test_tensors_alone_are_the_closed_form(small: str, card: FakeMemory, math: bool, checkpointed: bool | None) -> None:
    finding = compare(Case(small, "float32", 2, math, 0.5), card, checkpointed)
    assert finding.verdict == "passed", finding
    unexplained = [whole(figure) for name, figure in finding.figures.items() if "unexplained" in name]
    assert all(abs(figure) <= 1024 for figure in unexplained), finding
    assert (finding.figures["attention"] == "attention_math") is math
    if checkpointed is not None:
        beside = whole(finding.figures["beside_in_attention_of_a_layer_bytes"])
        assert beside > 0 if math else beside == 0


def test_what_nobody_counted_is_a_failure(small: str, card: FakeMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    build = memory._model
    leaked = []

    def build_and_leak(*arguments: object) -> object:
        leaked.append(torch.zeros(100_000))
        return build(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(memory, "_model", build_and_leak)
    for checkpointed in (None, False):
        assert compare(Case(small, "float32", 1, False, 0.5), card, checkpointed).verdict == "failed"


def test_the_kernel_is_that_of_the_numbers_of_a_step(
    small: str, card: FakeMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def kernel(*_: object) -> str:
        asked.append(torch.is_autocast_enabled("cpu"))
        return "flash_attention"

    monkeypatch.setattr(memory, "attention_kernel", kernel)
    for numbers in ("float32", "autocast"):
        compare(Case(small, numbers, 1, False, 0.5), card, None)
    assert asked == [False, True]


def test_what_nobody_can_reach_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        def __init__(self) -> None:
            self.itself = self

    model = Model()
    left = weakref.ref(model)
    monkeypatch.setattr(counter, "free_bytes", lambda device: 1 if left() is None else 0)
    del model
    assert counter.free_bytes_now(CPU) == 1


def test_inference_under_autocast_is_measured_and_not_judged(
    small: str, card: FakeMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "free_bytes", lambda device: None)
    with card:
        (finding,) = memory._compare_case(Case(small, "autocast", 1, False, 0.5), CPU)
    assert finding.verdict == "noted"
    assert "no closed form" in finding.note


def test_peaks_are_forgotten_before_each_measurement(small: str, card: FakeMemory) -> None:
    with card:
        counter = MemoryCounter(CPU)
        card.log.clear()
        counter.begin()
        counter.peak()
    assert card.log == ["synchronize", "empty cache", "reset", "synchronize", "read peak", "read peak"]
    card.log.clear()
    compare(Case(small, "float32", 1, False, 0.5), card, False)
    of_peaks = [call for call in card.log if call in {"reset", "read peak"}]
    assert of_peaks == ["reset", "reset", *["read peak", "read peak", "reset"] * 3], "one for each phase of a step"


def test_a_case_too_large_for_the_card_is_skipped_with_the_figure(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "free_bytes", lambda device: 1_000_000)
    findings = list(memory._compare_case(Case(small, "float32", 1, False, 0.5), CPU))
    assert [finding.verdict for finding in findings] == ["skipped"] * 3
    assert all("of which 0.0 GB are free" in finding.note for finding in findings)


def test_no_synchronisation_inside_a_timed_pass() -> None:
    backend = FakeBackend()
    passes = ledger.time_passes(
        lambda waveforms: backend.log.append("forward"), torch.zeros(1, 1), EventClock(backend, lambda: None)
    )
    calls = [call for call in backend.log if call != "allocate"]
    assert calls == ["synchronize", "record", "forward", "record", "synchronize", "read"] * 5
    assert passes.device_ns == 5_000_000


@pytest.mark.parametrize(("call_ns", "outrun"), [(150, False), (250, True)])
def test_a_card_that_waits_for_the_host(call_ns: float, outrun: bool) -> None:
    assert ledger.Passes(device_ns=1000, call_ns=call_ns, wall_ns=1100).outrun is outrun


def test_a_driver_that_gives_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    smi = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(machine, "_PATIENCE_S", 0.2)
    for script, note in (
        ("exec sleep 60", "nvidia-smi gave no answer"),
        ("echo Failed to initialize NVML; exit 9", "nvidia-smi says: Failed to initialize NVML"),
        ("echo NVIDIA H100, 580.1", "nvidia-smi says: NVIDIA H100, 580.1"),
    ):
        smi.write_text(f"#!/bin/sh\n{script}\n")
        smi.chmod(0o755)
        finding = machine._ask_driver()
        assert finding.verdict == "skipped"
        assert note in finding.note
    smi.write_text(f"#!/bin/sh\necho '{', '.join(['[N/A]'] * len(machine._QUERIES))}'\n")
    assert machine._ask_driver().figures["persistence_mode"] == "[N/A]"


def test_where_nothing_can_be_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(graphs, "find_spec", lambda name: None)
    on_card = graphs._run_compiled(Context("cuda", False, str(tmp_path)), "it")
    assert on_card.verdict == "skipped"
    assert on_card.note == "torch.compile needs what is not here: triton, a compiler (gcc or clang)"
    on_cpu = graphs._run_compiled(Context("cpu", False, str(tmp_path)), "it")
    assert on_cpu.note == "torch.compile needs what is not here: a compiler (g++ or clang++)"


def test_a_calibration_that_leaves_no_time_for_trials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    budgets: list[float] = []

    def compare_nothing(*_: object, budget_s: float) -> PredictionFigures:
        budgets.append(budget_s)
        return PredictionFigures(None, 90.0, (), ("base at 2 s",))  # type: ignore[arg-type]

    monkeypatch.setattr(prediction, "compare_predictions", compare_nothing)
    findings = list(prediction.predict_presets(Context("cuda", False, str(tmp_path), 100.0)))
    assert [finding.verdict for finding in findings] == ["skipped"]
    assert findings[0].note == "for their size or the time: base at 2 s"
    assert budgets == [80.0]


def test_relative_errors() -> None:
    assert error_of(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 4.0])) == 0
    assert error_of(torch.tensor([3.0, 4.5]), torch.tensor([3.0, 4.0])) == pytest.approx(0.1)


def test_float32_is_exact_for_a_while() -> None:
    before = torch.backends.cudnn.allow_tf32
    with exact_float32():
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 is before


@pytest.mark.parametrize(
    ("finished", "refused"),
    [
        (Finished(2, "", "error: too large\n"), True),
        (Finished(2, "", "error: too large\nTraceback\n"), False),
        (Finished(3, "", "error: too large\n"), False),
        (Finished(2, "a table", "error: too large\n"), False),
    ],
)
def test_one_message(finished: Finished, refused: bool) -> None:
    assert finished.refused is refused
