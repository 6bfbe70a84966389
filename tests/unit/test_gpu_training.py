"""The ways to train of ``python -m benchmarks.gpu``, on a card that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType

import pytest
import torch

from benchmarks.gpu import counter, training, training_step
from benchmarks.gpu.findings import Attempt, Context, Finding, attempt_in_time, judged
from benchmarks.gpu.training import Optimizer, Way, compare_way, ways_of
from tests.fake_cuda import FakeMemory
from tests.unit.test_gpu_steps import CPU, SMALL
from w2v_explore.measure.cuda_autocast import cuda_autocast

WAYS = {f"{way.precision}: {way.name}": way for way in ways_of("base")}


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeMemory:
    def autocast(device: torch.device, lower: str) -> AbstractContextManager[object]:
        return cuda_autocast(getattr(torch, lower)) if lower else nullcontext()

    monkeypatch.setattr(counter, "_SMALL_BYTES", 1024)
    monkeypatch.setattr(training_step, "autocast", autocast)
    return FakeMemory(monkeypatch)


def compare(way: Way, preset: str, card: FakeMemory) -> Finding:
    with card:
        return compare_way(way, way.analysis(preset, 0.5, 2), CPU, "it")


@pytest.mark.parametrize("name", [name for name in WAYS if "8-bit" not in name])
def test_what_a_step_holds_and_keeps_is_the_closed_form(
    name: str, small: str, card: FakeMemory, torchaudio_models: ModuleType
) -> None:
    finding = compare(WAYS[name], small, card)
    assert finding.verdict == "passed", finding
    share = finding.figures["difference_share"]
    assert isinstance(share, float)
    # The gradient of the output, and what it is scaled from; written out, once more the scores.
    assert abs(share) < (0.08 if "eager" in name else 0.03)


def test_wavlm_written_out_keeps_the_closed_form(tmp_path: Path, card: FakeMemory) -> None:
    """Of its fused attention a CPU has none."""
    path = tmp_path / "wavlm.yaml"
    path.write_text(SMALL.replace("base", "wavlm_base"))
    assert compare(WAYS["amp-bfloat16: eager attention"], str(path), card).verdict == "passed"


def test_states_that_nobody_counted_are_a_failure(small: str, card: FakeMemory) -> None:
    way = WAYS["amp-bfloat16: SGD with momentum"]
    wrong = way._replace(setup=way.setup._replace(optimizer="adafactor"))
    with card:
        finding = compare_way(wrong, way.analysis(small, 0.5, 2), CPU, "it")
    assert finding.verdict == "failed"


def test_what_is_not_installed_is_said(small: str, card: FakeMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "find_spec", lambda name: None)
    quantized = compare(WAYS["amp-bfloat16: 8-bit AdamW"], small, card)
    assert (quantized.verdict, quantized.note) == ("skipped", "neither bitsandbytes nor torchao is installed")
    adapted = compare(WAYS["amp-bfloat16: LoRA r=16:q_proj,v_proj"], small, card)
    assert (adapted.verdict, adapted.note) == ("skipped", "peft is not installed")


def test_states_of_another_layout_are_noted(small: str, card: FakeMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(training.OPTIMIZERS, "adamw-8bit", lambda: Optimizer(torch.optim.AdamW, "another's"))
    finding = compare(WAYS["amp-bfloat16: 8-bit AdamW"], small, card)
    assert (finding.verdict, finding.note) == ("noted", "another's")


@pytest.mark.parametrize("preset", training._PRESETS)
def test_every_way_can_be_analysed(preset: str) -> None:
    for way in ways_of(preset):
        assert way.analysis(preset).training_in(way.precision).learned > 0, way


def test_nothing_begins_when_the_time_is_nearly_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    times: Iterator[float] = iter([0.0, 79.0, 81.0])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    attempts = [Attempt(name, lambda what: judged(what, True, {})) for name in ("first", "second")]
    found = list(attempt_in_time(Context("cuda", False, str(tmp_path), 100.0), attempts))
    assert [(each.what, each.verdict) for each in found] == [("first", "passed"), ("second", "skipped")]
