"""Measuring: clocks, the ledger of a pass, devices, and the audit against fvcore; never how long a thing took."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import Config, DeviceError, ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.compute import Macs, unfold
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.measure import latency as latency_module
from w2v_explore.measure.audit import audit_macs
from w2v_explore.measure.clock import CpuClock, EventClock, clock_for
from w2v_explore.measure.latency import example_input, measure_latency, summarize
from w2v_explore.model import device as device_module

SMALL = load_config(
    "base",
    [
        "encoder_embed_dim=16",
        "encoder_num_heads=2",
        "encoder_ff_interm_features=8",
        "encoder_num_layers=2",
        "extractor_conv_layer_config=[[8, 10, 5], [8, 3, 2]]",
    ],
)
ANALYSIS = analyze(SMALL, Workload(samples=800, batch=2))


class CountingClock:
    """A device on which each stamp comes one second after the one before."""

    def __init__(self) -> None:
        self.now = 0
        self.calls: list[str] = []

    def synchronize(self) -> None:
        self.calls.append("synchronize")

    def stamp(self) -> int:
        self.calls.append("stamp")
        self.now += 1
        return self.now

    def seconds(self, start: int, end: int) -> float:
        return float(end - start)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> CountingClock:
    clock = CountingClock()
    monkeypatch.setattr(latency_module, "clock_for", lambda device: clock)
    return clock


def test_the_ledger_of_a_pass(clock: CountingClock) -> None:
    latency, model = measure_latency(ANALYSIS, runs=3)
    operations = [row.path for row in unfold(ANALYSIS.layers) if row.operation and row.kind != "PaddingMask"]
    inside_another = [path for path in operations if path.endswith("parametrizations.weight")]
    # One second lies between the two stamps of an operation, and one between neighbouring stamps outside of them.
    assert len(inside_another) == 1
    for path in operations:
        own = 2.0 if path == "encoder.transformer.pos_conv_embed.conv" else 1.0
        assert latency.layers[path].own.median_s == own, path
    assert latency.layers["encoder.padding_mask"].total.median_s == 0
    whole = latency.hooked.median_s
    assert whole == 2 * len(operations) + 1
    assert latency.layers[""].total.median_s + latency.unattributed_s == whole
    assert sum(layer.own.median_s for layer in latency.layers.values()) + latency.unattributed_s == whole
    assert latency.end_to_end.median_s == 1.0
    assert (latency.runs, latency.warm_up_runs) == (3, 3)
    assert not model.training


def test_totals_are_those_of_the_layers_below(clock: CountingClock) -> None:
    layers = measure_latency(ANALYSIS, runs=1)[0].layers
    for path, layer in layers.items():
        below = [other for name, other in layers.items() if name == path or name.startswith(f"{path}." if path else "")]
        assert layer.total.median_s == sum(other.own.median_s for other in below)


def test_plain_and_hooked_passes_take_turns_and_hooks_are_removed(clock: CountingClock) -> None:
    _, model = measure_latency(ANALYSIS, runs=2)
    passes = [len(part.split()) for part in " ".join(clock.calls).split("synchronize") if part.strip()]
    plain, hooked = 2, passes[4]
    assert passes == [plain, plain, plain, plain, hooked, plain, hooked]
    assert hooked > plain
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_progress_is_reported(clock: CountingClock) -> None:
    steps: list[tuple[str, int, int]] = []
    measure_latency(ANALYSIS, runs=2, progress=lambda *step: steps.append(step))
    assert steps[0] == ("building the model", 0, 1)
    assert [done for _, done, _ in steps[1:]] == list(range(8))
    assert {total for _, _, total in steps[1:]} == {7}


def test_a_real_measurement_on_the_cpu() -> None:
    latency, _ = measure_latency(ANALYSIS, "cpu", runs=2)
    assert (latency.device, latency.dtype, latency.torch_version) == ("cpu", "float32", torch.__version__)
    assert latency.threads == torch.get_num_threads()
    assert latency.device_name
    assert latency.end_to_end.median_s > 0
    assert set(latency.layers) == {row.path for row in unfold(ANALYSIS.layers)}


class FakeEvent:
    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend
        self.time = 0.0

    def record(self) -> None:
        self.backend.log.append("record")
        self.backend.now += 5.0
        self.time = self.backend.now

    def elapsed_time(self, other: FakeEvent) -> float:
        assert self.backend.log[-1] == "synchronize", "an event is read only once the device has caught up"
        return other.time - self.time


class FakeBackend:
    """What `torch.cuda` offers a clock."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.now = 0.0

    def synchronize(self) -> None:
        self.log.append("synchronize")

    def Event(self, enable_timing: bool) -> FakeEvent:  # noqa: N802
        assert enable_timing
        self.log.append("allocate")
        return FakeEvent(self)


@pytest.mark.parametrize("submodule", [False, True], ids=["cuda", "mps"])
def test_event_clock(submodule: bool) -> None:
    backend: Any = FakeBackend()
    if submodule:  # torch.mps has its Event in torch.mps.event
        backend = type("Mps", (), {"event": backend, "synchronize": backend.synchronize})
    clock = EventClock(backend)
    log = (backend.event if submodule else backend).log
    for expected in (["allocate", "record", "allocate", "record"], ["record", "record"]):
        log.clear()
        start, end = clock.stamp(), clock.stamp()
        assert log == expected, "the second pass uses the events of the first"
        clock.synchronize()
        assert clock.seconds(start, end) == 0.005


def test_clock_of_a_device() -> None:
    assert isinstance(clock_for(torch.device("cpu")), CpuClock)
    assert isinstance(clock_for(torch.device("cuda", 1)), EventClock)
    assert isinstance(clock_for(torch.device("mps")), EventClock)


def test_summarize() -> None:
    timing = summarize([4.0, 1.0, 2.0, 3.0, 5.0])
    assert (timing.median_s, timing.iqr_s) == (3.0, 2.0)
    assert summarize([7.0]).iqr_s == 0


@pytest.mark.parametrize("name", ["tpu", "meta", "cuda:x", ""])
def test_no_such_kind_of_device(name: str) -> None:
    with pytest.raises(DeviceError, match="give cpu, cuda, cuda:1 or mps"):
        device_module.find_device(name)


def test_absent_devices_are_named_with_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device_module.find_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(DeviceError, match="there is no device cuda:2 here; there is cpu, cuda:0, cuda:1"):
        device_module.find_device("cuda:2")
    with pytest.raises(DeviceError, match="there is no device mps here"):
        device_module.find_device("mps")


def test_what_does_not_fit_is_refused_before_it_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "free_bytes", lambda device: 1_000_000_000)
    with pytest.raises(DeviceError, match=r"the weights need 8\.64 GB on cpu, where 1\.00 GB are free"):
        build_model(load_config("xlsr_2b").model)
    with pytest.raises(DeviceError, match=r"the weights and the largest operation need \d+\.\d\d GB on cpu"):
        measure_latency(analyze(load_config("base"), Workload.of_seconds(3600.0)))


def test_free_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    cpu = torch.device("cpu")
    (tmp_path / "memory.max").write_text("max")
    (tmp_path / "memory.current").write_text("100")
    monkeypatch.setattr(device_module, "_CGROUP", tmp_path)
    unlimited = device_module.free_bytes(cpu)
    assert unlimited is not None
    assert unlimited > 1_000_000
    (tmp_path / "memory.max").write_text("5100")
    assert device_module.free_bytes(cpu) == 5000
    assert device_module.free_bytes(torch.device("meta")) is None
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (11, 22))
    assert device_module.free_bytes(torch.device("cuda")) == 11
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 30)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 10)
    assert device_module.free_bytes(torch.device("mps")) == 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\"conv\" not implemented for 'Half'\nmore", DeviceError),
        ("CUDA out of memory. Tried to allocate", DeviceError),
        ("a defect of the model", RuntimeError),
    ],
)
def test_what_the_device_cannot_do_is_a_clear_message(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: type[Exception]
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(latency_module, "_time_pass", fail)
    with pytest.raises(RuntimeError) as raised:
        measure_latency(ANALYSIS)
    assert raised.type is expected
    assert "more" not in str(raised.value)


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 800))
@settings(max_examples=40)
def test_fvcore_counts_the_same(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    analysis = analyze(Config(name="random", origin="test", model=config), Workload(samples=samples, batch=batch))
    model = build_model(config).eval()
    audit = audit_macs(model, example_input(analysis, torch.device("cpu")), analysis.macs)
    assert audit.agrees, audit
    assert audit.source.startswith("fvcore ")
    # What fvcore has no formula for is what the convention leaves out.
    assert set(audit.uncounted) <= {"aten::gelu", "aten::add", "aten::_weight_norm"}


def test_a_disagreement_is_noticed() -> None:
    model = build_model(SMALL.model).eval()
    wrong = ANALYSIS.macs.plus(Macs(attention=1))
    assert not audit_macs(model, example_input(ANALYSIS, torch.device("cpu")), wrong).agrees
