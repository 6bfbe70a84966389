"""Measuring: clocks, the ledger of a pass, devices, and the audit against fvcore; never how long a thing took."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_cuda import FakeBackend
from tests.strategies import configs
from w2v_explore import Config, DeviceError, ModelConfig, Wav2Vec2Model, Workload, analyze, build_model, load_config
from w2v_explore.analysis.compute import Macs, unfold
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.measure import latency as latency_module
from w2v_explore.measure import noise
from w2v_explore.measure.audit import audit_macs
from w2v_explore.measure.clock import CpuClock, EventClock, clock_for
from w2v_explore.measure.latency import Plan, example_input, measure_in_turns, measure_latency
from w2v_explore.measure.ledger import HookedPass, build_ledger
from w2v_explore.measure.statistics import Verdict
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
    """A device on which each stamp comes one nanosecond after the one before."""

    def __init__(self) -> None:
        self.now = 0
        self.calls: list[str] = []

    def clear_cache(self) -> None:
        self.calls.append("clear_cache")

    def synchronize(self) -> None:
        self.calls.append("synchronize")

    def stamp(self) -> int:
        self.calls.append("stamp")
        self.now += 1
        return self.now

    def nanoseconds(self, start: int, end: int) -> int:
        assert self.calls[-1] == "synchronize", "stamps are read only once the device has caught up"
        return end - start

    def passes(self) -> list[int]:
        """The stamps of each pass."""
        return [part.count("stamp") for part in " ".join(self.calls).split("clear_cache")[1:]]


@pytest.fixture(autouse=True)
def _without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_REST_S", 0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> CountingClock:
    clock = CountingClock()
    monkeypatch.setattr(latency_module, "clock_for", lambda device: clock)
    return clock


def test_the_ledger_of_a_pass(clock: CountingClock) -> None:
    latency, model = measure_latency(ANALYSIS, plan=Plan(runs=3))
    ledger = latency.ledger
    assert ledger is not None
    operations = [row.path for row in unfold(ANALYSIS.layers) if row.operation and row.kind != "PaddingMask"]
    inside_another = [path for path in operations if path.endswith("parametrizations.weight")]
    # A nanosecond lies between the two stamps of an operation, and one between neighbouring stamps outside of them.
    assert len(inside_another) == 1
    for path in operations:
        assert latency.layers[path].own_ns == (2 if path == "encoder.transformer.pos_conv_embed.conv" else 1), path
    assert latency.layers["encoder.padding_mask"].total_ns == 0
    whole = ledger.end_to_end_ns
    assert whole == 2 * len(operations) + 1
    assert latency.layers[""].total_ns + ledger.unattributed_ns == whole
    assert sum(layer.own_ns for layer in latency.layers.values()) + ledger.unattributed_ns == whole
    assert latency.end_to_end.median_s == 1e-9
    assert ledger.ratio.ratio == whole
    assert (latency.runs, latency.warm_up_runs, ledger.passes) == (3, 3, 3)
    assert not model.training


def test_totals_are_those_of_the_layers_below(clock: CountingClock) -> None:
    layers = measure_latency(ANALYSIS, plan=Plan(runs=1))[0].layers
    for path, layer in layers.items():
        below = [other for name, other in layers.items() if name == path or name.startswith(f"{path}." if path else "")]
        assert layer.total_ns == sum(other.own_ns for other in below)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.lists(st.integers(0, 10**10), min_size=3, max_size=3)),
        min_size=1,
        max_size=8,
    )
)
def test_the_reported_pass_is_one_that_ran_and_adds_up(drawn: list[tuple[int, list[int]]]) -> None:
    passes = []
    for rest, (a, inner, b) in drawn:
        spans = {"x.a": (0, a + inner), "x.a.p.w": (a, a + inner), "x.b": (a + inner, a + inner + b)}
        passes.append(HookedPass(a + inner + b + rest + 1, spans))
    ledger = build_ledger(["", "x", "x.a", "x.a.p", "x.a.p.w", "x.b"], passes, [1] * len(passes))
    assert sorted(each.end_to_end_ns for each in passes)[(len(passes) - 1) // 2] == ledger.end_to_end_ns
    assert sum(layer.own_ns for layer in ledger.layers.values()) + ledger.unattributed_ns == ledger.end_to_end_ns
    assert ledger.layers[""].total_ns + ledger.unattributed_ns == ledger.end_to_end_ns
    assert any(ledger.spans == each.spans for each in passes)


def test_plain_and_hooked_passes_take_turns_and_hooks_are_removed(clock: CountingClock) -> None:
    _, model = measure_latency(ANALYSIS, plan=Plan(runs=2))
    passes = clock.passes()
    plain, hooked = 2, passes[4]
    assert passes == [plain, plain, plain, plain, hooked, plain, hooked]
    assert hooked > plain
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks


def test_after_ten_turns_every_tenth_has_a_hooked_pass(clock: CountingClock) -> None:
    latency, _ = measure_latency(ANALYSIS, plan=Plan(runs=31))
    assert latency.ledger is not None
    assert (latency.runs, latency.ledger.passes) == (31, 10 + 3)


def test_a_steady_measurement_ends_after_ten_runs_and_the_budget_ends_another(
    clock: CountingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measure_latency(ANALYSIS, plan=Plan(target=0.02))[0].runs == 10
    now = iter(range(10_000))
    monkeypatch.setattr(latency_module.time, "monotonic", lambda: next(now))
    lengths = iter([1, 100] * 5_000)
    monkeypatch.setattr(latency_module, "time_pass", lambda *arguments: next(lengths))
    latency = measure_latency(ANALYSIS, plan=Plan(target=0.02, budget_s=60))[0]
    assert 10 < latency.runs <= 60
    assert latency.end_to_end.uncertainty > 0.02


def test_warming_up_ends_when_passes_get_no_faster(clock: CountingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    for lengths, expected in (([170, 100, 98], 3), ([170, 140, 110, 90, 89], 5), (list(range(900, 0, -80)), 10)):
        passes = iter([*lengths, *[50] * 100])
        monkeypatch.setattr(latency_module, "time_pass", lambda *arguments, passes=passes: next(passes))
        assert measure_latency(ANALYSIS, plan=Plan(runs=1))[0].warm_up_runs == expected


def test_a_card_warms_up_until_its_clocks_are_up(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = latency_module._Runner(
        analysis=ANALYSIS, model=build_model(ANALYSIS.config), forward=len, waveforms=torch.zeros(1, 1), modules={}
    )
    for length_ns, expected in ((10**9, 3), (50_000_000, 4), (100, 200)):
        runner.warm_up_runs = 0
        monkeypatch.setattr(latency_module, "time_pass", lambda *arguments, length_ns=length_ns: length_ns)
        latency_module._warm_up([runner], CountingClock(), lambda *step: None, on_cpu=False)
        assert runner.warm_up_runs == expected


def test_models_take_turns_and_the_first_changes(clock: CountingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def time_pass(forward: Any, waveforms: torch.Tensor, clock: object) -> int:
        order.append("A" if waveforms.shape[1] == 800 else "B")
        return 100 if order[-1] == "A" else 150

    monkeypatch.setattr(latency_module, "time_pass", time_pass)
    other = analyze(SMALL, Workload(samples=960, batch=2))
    (first, _), (second, _) = measure_in_turns([ANALYSIS, other], plan=Plan(runs=6))
    assert "".join(order) == "AAABBB" + "ABBAABBAABBA"
    assert first.against_first is None
    assert second.against_first is not None
    assert (second.against_first.ratio, second.against_first.verdict) == (1.5, Verdict.SLOW)


def test_threads_are_set_for_the_measurement_alone(clock: CountingClock) -> None:
    before = torch.get_num_threads()
    assert measure_latency(ANALYSIS, plan=Plan(runs=1), threads=before + 1)[0].threads == before + 1
    assert torch.get_num_threads() == before


def test_a_model_can_be_measured_again(clock: CountingClock) -> None:
    _, model = measure_latency(ANALYSIS, plan=Plan(runs=1))
    assert measure_latency(ANALYSIS, plan=Plan(runs=1), model=model)[1] is model
    assert all(parameter.requires_grad and not parameter.is_inference() for parameter in model.parameters())


def test_a_compiled_model_has_no_ledger(clock: CountingClock, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    def fake_compile(model: torch.nn.Module, dynamic: bool) -> Any:
        return lambda waveforms: calls.append(model(waveforms))

    monkeypatch.setattr(torch, "compile", fake_compile)
    latency, _ = measure_latency(ANALYSIS, plan=Plan(runs=2), compiled=True)
    assert latency.compile_s is not None
    assert (latency.ledger, latency.layers) == (None, {})
    assert len(calls) == 1 + 3 + 2


def test_torch_compiles_away_from_the_current_directory(
    clock: CountingClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """To try the processor's instructions torch starts Python, which would find modules there."""
    places = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch, "compile", lambda model, dynamic: lambda *a: [places.append(os.getcwd()), model(*a)][1])
    measure_latency(ANALYSIS, plan=Plan(runs=1), compiled=True)
    assert places[0] == sys.prefix
    assert {*places[1:], os.getcwd()} == {str(tmp_path)}


def test_what_cannot_be_compiled_is_a_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("No working C++ compiler found\nand more")

    monkeypatch.setattr(torch, "compile", fail)
    with pytest.raises(DeviceError, match=r"cannot compile this model here: No working C\+\+ compiler found; it needs"):
        measure_latency(ANALYSIS, plan=Plan(runs=1), compiled=True)


def test_progress_is_reported(clock: CountingClock) -> None:
    steps: list[tuple[str, int, int]] = []
    measure_latency(ANALYSIS, plan=Plan(runs=2), progress=lambda *step: steps.append(step))
    assert steps == [
        ("building the model", 0, 1),
        *[("warming up", done, 10) for done in range(3)],
        *[("measuring", done, 2) for done in range(2)],
    ]


def test_a_real_measurement_on_the_cpu() -> None:
    latency, _ = measure_latency(ANALYSIS, "cpu", plan=Plan(runs=2))
    assert (latency.device, latency.dtype, latency.torch_version) == ("cpu", "float32", torch.__version__)
    assert latency.threads == torch.get_num_threads()
    assert latency.device_name
    assert latency.end_to_end.median_s > 0
    assert set(latency.layers) == {row.path for row in unfold(ANALYSIS.layers)}


@pytest.mark.parametrize("submodule", [False, True], ids=["cuda", "mps"])
def test_event_clock(submodule: bool) -> None:
    backend: Any = FakeBackend()
    if submodule:  # torch.mps has its Event in torch.mps.event
        backend = type("Mps", (), {"event": backend, "synchronize": backend.synchronize})
    log = (backend.event if submodule else backend).log
    clock = EventClock(backend, lambda: log.append("clear"))
    for expected in (["allocate", "record", "allocate", "record"], ["record", "record"]):
        log.clear()
        start, end = clock.stamp(), clock.stamp()
        assert log == expected, "the second pass uses the events of the first"
        clock.synchronize()
        assert clock.nanoseconds(start, end) == 5_000_000


def test_the_order_of_calls_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    backend: Any = FakeBackend()
    log = backend.log
    monkeypatch.setattr(
        latency_module, "clock_for", lambda device: EventClock(backend, lambda: log.append("clear cache"))
    )
    forward = Wav2Vec2Model.forward

    def logged(model: Wav2Vec2Model, waveforms: torch.Tensor) -> Any:
        log.append("forward")
        return forward(model, waveforms)

    monkeypatch.setattr(Wav2Vec2Model, "forward", logged)
    latency, _ = measure_latency(ANALYSIS, plan=Plan(runs=1))
    plain = ["clear cache", "synchronize", "record", "forward", "record", "synchronize", "read"]
    # Events are made in the first pass and, for the operations, in the hooked one; three passes warm up.
    calls = [call for call in log if call != "allocate"]
    assert calls[: 4 * len(plain)] == 4 * plain
    assert log[: 4 * len(plain) + 2].count("allocate") == 2
    hooked = calls[4 * len(plain) :]
    assert hooked[:4] == plain[:4]
    end = hooked.index("synchronize", 2)
    assert set(hooked[4:end]) == {"record"}, "hooks wait for nothing"
    assert set(hooked[end + 1 :]) == {"read"}
    assert latency.end_to_end.median_s == 0.005


def test_clock_of_a_device() -> None:
    assert isinstance(clock_for(torch.device("cpu")), CpuClock)
    assert isinstance(clock_for(torch.device("cuda", 1)), EventClock)
    assert isinstance(clock_for(torch.device("mps")), EventClock)


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
    with pytest.raises(DeviceError, match=r"weights and a forward pass need \d+\.\d\d GB on cpu"):
        measure_latency(analyze(load_config("base"), Workload.of_seconds(3600.0)))
    # Models that take turns are in memory together; the weights of each alone are 0.38 GB.
    base = analyze(load_config("base"), Workload.of_seconds(0.1))
    with pytest.raises(DeviceError, match=r"weights and a forward pass need 1\.\d\d GB"):
        measure_in_turns([base, base, base])


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
    # What the allocator holds and does not use is free too.
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (11, 22))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 9)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 4)
    assert device_module.free_bytes(torch.device("cuda")) == 11 + 5
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 30)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: 10)
    assert device_module.free_bytes(torch.device("mps")) == 20


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            RuntimeError("\"conv\" not implemented for 'Half'\nmore"),
            'cpu cannot run base, 5 fields changed in float32: "conv" not impl',
        ),
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate\nmore"), "cpu ran out of memory while"),
        (
            RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
            "ran out of memory while it ran base, 5 fields changed",
        ),
        (RuntimeError("Invalid buffer size: 32.00 GB"), "choose a smaller model, a smaller dtype"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "ran out of memory"),
        (MemoryError(), "ran out of memory"),
    ],
)
def test_what_the_device_cannot_do_is_a_clear_message(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(latency_module, "time_pass", fail)
    with pytest.raises(DeviceError, match=message) as raised:
        measure_latency(ANALYSIS)
    assert "more" not in str(raised.value)


def test_a_defect_of_the_model_passes_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a defect of the model")

    monkeypatch.setattr(latency_module, "time_pass", fail)
    with pytest.raises(RuntimeError, match="a defect of the model") as raised:
        measure_latency(ANALYSIS)
    assert not isinstance(raised.value, DeviceError)


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 800))
@settings(max_examples=15)
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
